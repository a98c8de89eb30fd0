#!/usr/bin/env python3
"""The common workload, run against several systems side by side (README.md defines it).

    run.py --peers floor,pocketbase,formwright            # prepare what is missing, check answers, measure, write results
    run.py --peers floor,formwright --quick               # 3 repeats of 2 s
    run.py --peers formwright --phases prepare,check      # no timing
    run.py --report results/FILE.json                     # the table again
"""
import argparse
import importlib
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from adapters.base import PAIRS, NotOffered, some_ids  # noqa: E402

READS = ["R1", "R2", "R2c", "R3", "R4", "R4r", "R5", "R5j", "RD"]
WRITES = ["W1", "W2"]
TICK = os.sysconf("SC_CLK_TCK")


# --- data -----------------------------------------------------------------------------
def canon(args, size):
    path = f"{args.work}/canon/{size}.db"
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        kind = ["customers"] if size != args.size else []
        subprocess.run([sys.executable, f"{HERE}/dataset.py", str(size), path + ".tmp", *kind], check=True)
        os.rename(path + ".tmp", path)
    return path


def make(args, name, size, number):
    """An adapter on its prepared data; the prepared folder is kept and copied for each run, for the writes change it."""
    cls = importlib.import_module(f"adapters.{name}").Adapter
    keep, run = f"{args.work}/pristine/{name}-{size}", f"{args.work}/run/{name}-{size}"
    source = canon(args, size)
    port = args.port + number
    if args.fresh and os.path.exists(keep):
        shutil.rmtree(keep)
    if not os.path.exists(keep + "/READY"):
        shutil.rmtree(keep, ignore_errors=True)
        os.makedirs(keep)
        a = cls(port, keep, size)
        a.canon = source
        began = time.time()
        try:
            a.setup()
            made = time.time()
            a.seed()
        finally:
            a.close()
        with open(keep + "/READY", "w") as f:
            json.dump({"setup_s": round(made - began, 1), "seed_s": round(time.time() - made, 1)}, f)
        print(f"prepared {name} {size}: setup {made - began:.1f} s, seed {time.time() - made:.1f} s", flush=True)
    shutil.rmtree(run, ignore_errors=True)
    os.makedirs(os.path.dirname(run), exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", keep, run], check=True)
    a = cls(port, run, size)
    a.canon = source
    return a


# --- correctness ----------------------------------------------------------------------
def expect(cond, text):
    if not cond:
        raise AssertionError(text)


def same(a, got, want):
    """The same rows in the same order; where updated_at may tie (`ties`), the same but for up to 1,000 places."""
    if not getattr(a, "ties", False):
        expect(got == want, f"{got[:3]}…, not {want[:3]}…")
        return
    number = lambda text: int(text.split()[-1].lstrip("C"))
    expect(len(got) == len(want) == len(set(got)), f"{len(got)} rows, not {len(want)}")
    low, high = min(map(number, want)) - 1000, max(map(number, want)) + 1000
    expect(all(low <= number(x) <= high for x in got), f"{got[:3]}…, not near {want[:3]}…")


def near(a, cents):
    return a is not None and abs(float(a) * 100 - cents) < 0.5


def get(a, req):
    status, body = a.send(req)
    expect(200 <= status < 300, f"{status}: {body[:300].decode(errors='replace')}")
    return body


def verify(a, kind):
    """Compare the answer with the canonical data; raises AssertionError or NotOffered."""
    reqs = a.request(kind)
    if kind == "R1":
        for k in (0, 1, 500):
            want = a.canon_rows("SELECT * FROM customer WHERE id=?", (some_ids(a.size)[k],))[0]
            got = a.rows(kind, get(a, reqs[k]))[0]
            for f in ("code", "company", "country", "grade", "email", "note"):
                expect(got.get(f) == want[f], f"{f}: {got.get(f)!r}, not {want[f]!r}")
            expect(int(got["employees"]) == want["employees"] and near(got["credit_limit"], want["credit_limit"]) and near(got["margin"], want["margin"]), "numbers")
    elif kind == "R2":
        for k in (0, 13, 47):
            c, g = PAIRS[k]
            want = [r["code"] for r in a.canon_rows("SELECT code FROM customer WHERE country=? AND grade=? ORDER BY updated_at DESC LIMIT 50", (c, g))]
            got = a.rows(kind, get(a, reqs[k]))
            expect(all((r["country"], r["grade"]) == (c, g) for r in got), "a row that the filter excludes")
            same(a, [r["code"] for r in got], want)
    elif kind == "R2c":
        for k in (0, 13):
            want = a.canon_rows("SELECT count(*) n FROM customer WHERE country=? AND grade=?", PAIRS[k])[0]["n"]
            if a.name == "floor":
                continue
            got = int(a.rows(kind, get(a, reqs[k]))[0]["count"])
            expect(got == want, f"count {got}, not {want}")
    elif kind == "R3":
        want = a.canon_rows("SELECT o.name, c.code, c.owner AS cowner FROM opportunity o LEFT JOIN customer c ON c.id=o.customer WHERE o.owner=1 ORDER BY o.updated_at DESC")
        got = a.rows(kind, get(a, reqs[0]))
        same(a, [r["name"] for r in got], [r["name"] for r in want[:50]])
        known = {r["name"]: r for r in want}
        for g in got:
            expect(g["name"] in known, "another owner's opportunity is shown")
            expect(g.get("margin") is None, "margin of the opportunity is shown")
            c, w = g.get("customer"), known[g["name"]]
            if w["cowner"] != 1:
                expect(not isinstance(c, dict) or not c.get("company"), "another owner's customer is shown")
            else:
                expect(isinstance(c, dict) and c.get("code") == w["code"], "own customer is missing")
                expect(c.get("margin") is None, "margin of the customer is shown")
    elif kind in ("R4", "R4r"):
        word = "胶合" if kind == "R4" else "榫卯"
        total = a.canon_rows("SELECT count(*) n FROM customer WHERE note LIKE ? OR company LIKE ?", (f"%{word}%",) * 2)[0]["n"]
        got = a.rows(kind, get(a, reqs[0]))
        expect(len(got) == min(50, total), f"{len(got)} hits, not {min(50, total)}")
        expect(all(word in r["note"] + r["company"] for r in got), "a hit without the word")
    elif kind in ("R5", "R5j"):
        want = {(r["country"], r["month"]): r["cents"] for r in a.canon_rows("SELECT country, substr(signed_on,1,7) AS month, sum(amount) AS cents FROM opportunity GROUP BY 1,2")}
        got = {(r["country"], r["month"]): float(r["amount"]) for r in a.rows(kind, get(a, reqs[0]))}
        expect(set(got) == set(want), f"{len(got)} groups, not {len(want)}")
        wrong = [k for k in want if abs(got[k] * 100 - want[k]) > 0.5]
        expect(not wrong, f"{len(wrong)} sums differ, e.g. {wrong[:1]}")
    elif kind == "RD":
        want = [r["code"] for r in a.canon_rows("SELECT code FROM customer ORDER BY updated_at DESC LIMIT 50 OFFSET ?", (min(999 * 50, a.size - 50),))]
        same(a, [r["code"] for r in a.rows(kind, get(a, reqs[0]))], want)
    elif kind == "W1":
        status, body = a.send(a.request("W1bad")[0])
        expect(400 <= status < 500, f"a bad record was answered {status}")
        filled(a, kind, 100_000_001)
        status, body = filled(a, kind, 100_000_001)
        expect(not getattr(a, "unique", True) or 400 <= status < 500, f"a second record with the same code was answered {status}")
    elif kind == "W2":
        filled(a, kind, 1)
        got = a.rows("R1", get(a, a.request("R1")[0]))[0]
        expect(got["city"] == "Bremen 1", f"city is {got['city']!r}")


def filled(a, kind, number):
    r = a.request(kind)[0]
    put = lambda s: s.replace("@@N@@", str(number))
    r.path, r.body = put(r.path), r.body and put(r.body.decode()).encode()
    return a.send(r)


# --- load -----------------------------------------------------------------------------
def lua(text):
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in (34, 92) else f"\\{b:03d}" for b in (text if isinstance(text, bytes) else text.encode())) + '"'


def script(reqs, first):
    dynamic = any("@@N@@" in r.path or (r.body and b"@@N@@" in r.body) for r in reqs)
    out = ["local reqs = {}"]
    for r in reqs:
        heads = ",".join(f"[{lua(k)}]={lua(v)}" for k, v in r.headers.items())
        out.append(f"reqs[#reqs+1] = {{{lua(r.method)}, {lua(r.path)}, {{{heads}}}, {lua(r.body) if r.body else 'nil'}}}")
    out.append(f"local n, number, ready = 0, {first}, {{}}")
    if dynamic:
        out.append("function request() n = n + 1; number = number + 1; local r = reqs[n % #reqs + 1]; local s = tostring(number);"
                   " return wrk.format(r[1], (r[2]:gsub('@@N@@', s)), r[3], r[4] and (r[4]:gsub('@@N@@', s))) end")
    else:
        out.append("function init() for k, r in ipairs(reqs) do ready[k] = wrk.format(r[1], r[2], r[3], r[4]) end end")
        out.append("function request() n = n + 1; return ready[n % #ready + 1] end")
    out.append("""function done(s, l, r)
  io.write(string.format('\\nRESULT {"requests":%d,"duration":%f,"p50":%f,"p95":%f,"p99":%f,"max":%f,"errors":%d}\\n', s.requests, s.duration/1e6,
    l:percentile(50)/1e3, l:percentile(95)/1e3, l:percentile(99)/1e3, l.max/1e3, s.errors.status + s.errors.connect + s.errors.read + s.errors.write + s.errors.timeout)) end""")
    return "\n".join(out)


def cpu(pids):
    total = 0
    for p in pids:
        try:
            with open(f"/proc/{p}/stat") as f:
                x = f.read().rsplit(")", 1)[1].split()
                total += int(x[11]) + int(x[12])
        except OSError:
            pass
    return total / TICK


def machine_busy():
    with open("/proc/stat") as f:
        x = [int(v) for v in f.readline().split()[1:]]
    return (sum(x[:8]) - x[3] - x[4]) / TICK


def pss(pids):
    """Proportional set size in MiB, summed."""
    total = 0
    for p in pids:
        try:
            with open(f"/proc/{p}/smaps_rollup") as f:
                total += next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except (OSError, StopIteration):
            pass
    return round(total / 1024, 1)


NUMBER = [200_000_000]


def load(a, reqs, connections, seconds, sample=False):
    NUMBER[0] += 1_000_000
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as f:
        f.write(script(reqs, NUMBER[0]))
    pids, peak, stop = a.pids(), [0.0], threading.Event()

    def watch():
        while not stop.wait(0.2):
            peak[0] = max(peak[0], pss(a.pids()))

    if sample:
        threading.Thread(target=watch, daemon=True).start()
    t0, b0, c0, k0 = time.time(), machine_busy(), cpu(pids), resource.getrusage(resource.RUSAGE_CHILDREN)
    p = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", f.name, f"http://127.0.0.1:{a.port}"], capture_output=True, text=True)
    t1, b1, c1, k1 = time.time(), machine_busy(), cpu(a.pids()), resource.getrusage(resource.RUSAGE_CHILDREN)
    stop.set()
    os.unlink(f.name)
    line = [x for x in p.stdout.splitlines() if x.startswith("RESULT ")]
    if not line:
        raise RuntimeError(f"wrk: {p.stdout[-300:]} {p.stderr[-300:]}")
    r = json.loads(line[0][7:].replace("nan", "0"))
    own = (c1 - c0) + (k1.ru_utime + k1.ru_stime - k0.ru_utime - k0.ru_stime)
    r["rps"] = round(r["requests"] / r["duration"], 2)
    r["server_cpu"] = round((c1 - c0) / (t1 - t0), 2)          # cores
    r["cpu_ms"] = round((c1 - c0) * 1000 / max(1, r["requests"]), 4)  # the server's CPU time for a request: hardly moved by other work on the machine
    r["foreign_cpu"] = round(max(0, (b1 - b0) - own) / (t1 - t0), 2)  # cores taken by others meanwhile
    r["load"] = os.getloadavg()[0]
    if sample:
        r["peak_pss"] = peak[0]
    return r


def table_cell(out, a, kind, connections):
    for c in out["cells"]:
        if (c["peer"], c["size"], c["request"], c["connections"]) == (a.name, a.size, kind, connections):
            return c
    out["cells"].append({"peer": a.name, "size": a.size, "request": kind, "connections": connections, "repeats": []})
    return out["cells"][-1]


def measure(args, out, adapters, kinds, connections):
    for kind in kinds:
        chosen = connections if kind in ("R1", "R2", "R3", "W1", "W2") or not args.quick else connections[:2]
        ready = {}
        for a in adapters:
            if kind in out["peers"][a.name]["answers"] and out["peers"][a.name]["answers"][kind] != "right":
                continue
            ready[a.name] = a.request(kind)
        for repeat in range(-1, args.repeats):       # -1 is a warm-up and is not kept
            for c in chosen if repeat >= 0 else chosen[:1]:
                for a in adapters:
                    if a.name not in ready:
                        continue
                    sample = kind == "R2" and c == 32
                    r = load(a, ready[a.name], c, args.seconds if repeat >= 0 else min(2, args.seconds), sample)
                    if repeat < 0:
                        continue
                    table_cell(out, a, kind, c)["repeats"].append(r)
                    print(f"{kind:4} c={c:<3} {a.name:12} {r['rps']:>10.1f}/s  p50 {r['p50']:8.2f}  p99 {r['p99']:8.2f} ms  err {r['errors']}  foreign {r['foreign_cpu']}", flush=True)
        save(args, out)


def batches(args, out, adapters):
    n = 1_100_000_000
    for repeat in range(args.repeats + 2):
        for a in adapters:
            if repeat and "W3" not in out["peers"][a.name]:
                continue
            n += 1000
            try:
                r = a.request("W3", n)[0]
            except NotOffered as e:
                out["peers"][a.name]["answers"]["W3"] = f"not offered: {e}"
                continue
            t = time.time()
            status, body = a.send(r)
            t = time.time() - t
            if not 200 <= status < 300:
                out["peers"][a.name]["answers"]["W3"] = f"failed {status}: {body[:200].decode(errors='replace')}"
                out["peers"][a.name].pop("W3", None)
                continue
            out["peers"][a.name].setdefault("W3", []).append(round(t, 4))
    n = 1_200_000_000
    for a in adapters:
        if not hasattr(a, "import_file"):
            out["peers"][a.name]["answers"]["W4"] = "not offered"
            continue
        for repeat in range(args.imports):
            n += 10_000
            try:
                t = time.time()
                a.import_file(n, 10_000)
                out["peers"][a.name].setdefault("W4", []).append(round(time.time() - t, 2))
            except NotOffered as e:
                out["peers"][a.name]["answers"]["W4"] = f"not offered: {e}"
                break
            except Exception as e:  # noqa: BLE001
                out["peers"][a.name]["answers"]["W4"] = f"failed: {e}"
                break
    for a in adapters:
        print(a.name, {k: out["peers"][a.name].get(k) for k in ("W3", "W4")}, flush=True)
    save(args, out)


def start_and_memory(args, out, adapters):
    for a in adapters:
        times = []
        r = a.request("R1")[0]
        for _ in range(args.repeats):
            a.stop()
            time.sleep(0.3)
            t = time.time()
            a.start(wait=False)
            a.wait(r.path, r.headers)
            times.append(round(time.time() - t, 3))
        a.stop()
        a.start()
        out["peers"][a.name]["cold_start_s"] = times
    time.sleep(5)
    for a in adapters:
        out["peers"][a.name]["idle_pss_mib"] = pss(a.pids())
        print(a.name, "start", out["peers"][a.name]["cold_start_s"], "idle MiB", out["peers"][a.name]["idle_pss_mib"], flush=True)
    save(args, out)


def save(args, out):
    os.makedirs(os.path.dirname(args.out) or ".", exist_ok=True)
    with open(args.out, "w") as f:
        json.dump(out, f, indent=1, ensure_ascii=False)


# --- report ---------------------------------------------------------------------------
def med(cell, key):
    good = [r[key] for r in cell["repeats"] if not r["errors"]]
    return statistics.median(good) if good else None


def report(out):
    peers = list(out["peers"])
    cells = {(c["peer"], c["size"], c["request"], c["connections"]): c for c in out["cells"]}
    lines = []

    def show(title, size, rows):
        lines.append(f"\n### {title}\n\n| request | conn | " + " | ".join(peers) + " |\n|---|---|" + "---|" * len(peers))
        for kind, c in rows:
            row = [kind, str(c)]
            base = cells.get(("floor", size, kind, c))
            base = med(base, "rps") if base and base["repeats"] else None
            for p in peers:
                cell = cells.get((p, size, kind, c))
                if not cell or not cell["repeats"]:
                    a = out["peers"][p]["answers"].get(kind, "–")
                    row.append("–" if a == "right" else a.split(":")[0])
                    continue
                rps = med(cell, "rps")
                if rps is None:
                    row.append("errors")
                    continue
                ratio = f" ×{base / rps:.1f}" if base and p != "floor" and rps else ""
                row.append(f"{rps:,.0f}/s {med(cell, 'p50'):.2f} / {med(cell, 'p95'):.2f} / {med(cell, 'p99'):.2f}{ratio}")
            lines.append("| " + " | ".join(row) + " |")

    sizes = sorted({c["size"] for c in out["cells"]})
    for size in sizes:
        rows = []
        for kind in READS + WRITES:
            rows += [(kind, c) for c in (1, 8, 32) if any((p, size, kind, c) in cells for p in peers)]
        show(f"{size:,} customers: requests per second, p50 / p95 / p99 in ms, × = floor's rate ÷ this rate", size, rows)
        lines.append(f"\n### {size:,} customers: the server's CPU time for a request, ms (8 connections, else 1), × = floor\n\n| request | " + " | ".join(peers) + " |\n|---|" + "---|" * len(peers))
        for kind in READS + WRITES:
            row = [kind]
            pick = lambda p: next((cells[p, size, kind, c] for c in (8, 1, 32) if (p, size, kind, c) in cells and med(cells[p, size, kind, c], "cpu_ms") is not None), None)
            base = pick("floor")
            for p in peers:
                cell = pick(p)
                v = med(cell, "cpu_ms") if cell else None
                row.append("–" if v is None else f"{v:.3f}" + (f" ×{v / med(base, 'cpu_ms'):.1f}" if base and p != "floor" and med(base, "cpu_ms") else ""))
            if any(x != "–" for x in row[1:]):
                lines.append("| " + " | ".join(row) + " |")
    lines.append("\n### Batch, import, start, memory, size\n\n| | " + " | ".join(peers) + " |\n|---|" + "---|" * len(peers))
    m = lambda v: statistics.median(v) if isinstance(v, list) and v else v
    for title, key, form in (("W3: 1,000 records in one request, s", "W3", "{:.3f}"), ("W4: 10,000 rows imported, s", "W4", "{:.1f}"), ("cold start, s", "cold_start_s", "{:.3f}"),
                             ("idle PSS, MiB", "idle_pss_mib", "{:.0f}"), ("data on disk, MiB", "data_mib", "{:.0f}")):
        lines.append(f"| {title} | " + " | ".join(form.format(m(out["peers"][p][key])) if out["peers"][p].get(key) else
                                                  str(out["peers"][p]["answers"].get(key, "–")).split(":")[0] for p in peers) + " |")
    peak = {p: max([r.get("peak_pss", 0) for c in out["cells"] if c["peer"] == p for r in c["repeats"]] or [0]) for p in peers}
    lines.append("| PSS under R2 with 32 connections, MiB | " + " | ".join(f"{peak[p]:.0f}" if peak[p] else "–" for p in peers) + " |")
    lines.append("\n### Answers that were not right, or not offered\n")
    for p in peers:
        for k, v in out["peers"][p]["answers"].items():
            if v != "right":
                lines.append(f"- {p} {k}: {v}")
    lines.append("\n### Settings\n")
    for p in peers:
        lines.append(f"- {p} {out['peers'][p]['version']}: {out['peers'][p]['notes']}")
    foreign = [r["foreign_cpu"] for c in out["cells"] for r in c["repeats"]]
    if foreign:
        lines.append(f"\nCores taken by other work during the cells: median {statistics.median(foreign):.2f}, 90th percentile {sorted(foreign)[int(len(foreign) * .9)]:.2f} "
                     f"(of {out['machine']['cores']}). {out['machine']['cpu']}, {out['machine']['memory_gib']} GiB; {out['when']}; {out['seconds']} s × {out['repeats']}.")
    return "\n".join(lines)


def machine():
    cpu_name = next((x.split(":")[1].strip() for x in open("/proc/cpuinfo") if x.startswith("model name")), platform.processor())
    mem = int(open("/proc/meminfo").readline().split()[1]) >> 20
    return {"cpu": cpu_name, "cores": os.cpu_count(), "memory_gib": mem, "kernel": platform.release()}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--peers", default="floor,formwright")
    p.add_argument("--quick", action="store_true", help="3 repeats of 2 s instead of 3 of 10 s; 32 connections only for R1 R2 R3 W1 W2")
    p.add_argument("--seconds", type=int)
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--connections", default="1,8,32")
    p.add_argument("--requests", default=",".join(READS + WRITES))
    p.add_argument("--size", type=int, default=100_000)
    p.add_argument("--growth", default="", help="further sizes for R2 and RD, e.g. 10000,1000000")
    p.add_argument("--phases", default="prepare,check,start,measure,batch")
    p.add_argument("--work", default=os.environ.get("BENCH_WORK", os.path.join(tempfile.gettempdir(), "formwright-bench")))
    p.add_argument("--port", type=int, default=7420)
    p.add_argument("--imports", type=int, default=2, help="how often the import is measured")
    p.add_argument("--fresh", action="store_true", help="make the prepared data anew")
    p.add_argument("--out", default=f"{HERE}/results/{time.strftime('%Y-%m-%d-%H%M')}.json")
    p.add_argument("--report")
    args = p.parse_args()
    if args.report:
        print(report(json.load(open(args.report))))
        return
    args.seconds = args.seconds or (2 if args.quick else 10)
    phases, names = args.phases.split(","), args.peers.split(",")
    connections = [int(x) for x in args.connections.split(",")]
    kinds = args.requests.split(",")
    out = {"when": time.strftime("%Y-%m-%d %H:%M"), "machine": machine(), "seconds": args.seconds, "repeats": args.repeats, "peers": {}, "cells": []}
    failed = False

    def run(size, kinds, phases):
        nonlocal failed
        adapters = []
        try:
            for number, name in enumerate(names):
                a = make(args, name, size, number)
                info = out["peers"].setdefault(a.name, {"version": a.version, "notes": a.notes, "answers": {}})
                if size == args.size:
                    info["data_mib"] = round(a.data_bytes() / 2**20, 1)
                    info["prepare"] = json.load(open(f"{a.dir}/READY"))
                a.start()
                adapters.append(a)
            for a in adapters if "check" in phases else []:
                info = out["peers"][a.name]
                for kind in kinds:
                    try:
                        verify(a, kind)
                        info["answers"][kind] = "right"
                    except NotOffered as e:
                        info["answers"][kind] = f"not offered: {e}"
                    except Exception as e:  # noqa: BLE001
                        info["answers"][kind], failed = f"WRONG: {e}", True
                print(a.name, size, {k: v for k, v in info["answers"].items() if v != "right"} or "all right", flush=True)
            if "start" in phases:
                start_and_memory(args, out, adapters)
            if "measure" in phases:
                measure(args, out, adapters, [k for k in kinds if k not in WRITES], connections)
                measure(args, out, adapters, [k for k in kinds if k in WRITES], connections)
            if "batch" in phases:
                batches(args, out, adapters)
        finally:
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda a: a.close(), adapters))

    run(args.size, kinds, phases)
    for size in [int(x) for x in args.growth.split(",") if x]:
        run(size, [k for k in ("R2", "RD") if k in kinds], [x for x in phases if x in ("check", "measure")])
    if "measure" in phases or "batch" in phases:
        save(args, out)
        print(report(out))
        print(f"\nwritten: {args.out}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

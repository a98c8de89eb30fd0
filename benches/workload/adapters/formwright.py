"""Formwright, through its published contract only (HTTP, command line, definition files). FORMWRIGHT_BIN names the binary."""
import http.client
import json
import os
import subprocess
import time
import urllib.parse

from .base import COUNTRIES, PAIRS, Base, NotOffered, Req, as_json, new_customer, some_ids

PASSWORD = "Bench-password-1!"
CHOICES = {"country": COUNTRIES, "grade": list("ABCD"), "source": ["fair", "b2b", "website", "social", "referral"], "status": ["lead", "active", "dormant", "lost"],
           "industry": ["plywood", "tools", "plastics", "furniture", "building", "other"], "stage": ["new", "contact", "quote", "negotiation", "won", "lost"],
           "currency": ["USD", "EUR", "CNY"], "kind": ["call", "mail", "visit", "sample", "meeting"]}


def t(title, **more):
    return {"type": "string", "title": title, **more}


def of(name):
    return {"title": name.capitalize(), "enum": CHOICES[name], "field": {"type": "choice"}}


def money(title):
    return {"type": "number", "title": title, "minimum": 0, "field": {"type": "money", "currency": "USD", "scale": 2}}


def day(title):
    return {"type": "string", "format": "date", "title": title, "field": {"type": "date"}}


def link(form):
    return {"type": "string", "title": form.capitalize(), "field": {"type": "link", "form": form}}


OWNER = {"type": "string", "title": "Owner", "field": {"type": "user"}, "default": {"var": "me"}}
FORMS = {
    "customer": {"title": "Customer", "labels": {"zh-CN": "客户"}, "title_field": "company", "search": ["company", "note"], "record_owner": "owner",
                 "indexes": [["country", "grade", "updated_at"]], "record": {"type": "object", "required": ["code", "company", "country", "grade", "source", "status", "first_contact"], "properties": {
                     "code": t("No.", pattern="^C[0-9]{6,}$", maxLength=20, field={"type": "text", "unique": True}), "company": t("Company", minLength=2, maxLength=200),
                     "country": of("country"), "grade": of("grade"), "source": of("source"), "status": of("status"), "industry": of("industry"), "city": t("City"), "address": t("Address"),
                     "website": t("Website", format="uri"), "email": t("E-mail", format="email"), "phone": t("Phone"), "contact": t("Contact"),
                     "employees": {"type": "integer", "title": "Employees", "minimum": 0, "maximum": 1000000}, "credit_limit": money("Credit limit"), "margin": money("Margin"),
                     "first_contact": day("First contact"), "next_follow_up": day("Next follow-up"), "owner": OWNER, "note": t("Note", field={"type": "long_text"})}}},
    "opportunity": {"title": "Opportunity", "labels": {"zh-CN": "商机"}, "title_field": "name", "record_owner": "owner", "indexes": [["owner", "updated_at"]], "record": {"type": "object", "required": ["name"], "properties": {
        "name": t("Name"), "customer": link("customer"), "stage": of("stage"), "country": of("country"), "currency": of("currency"), "amount": money("Amount"), "margin": money("Margin"),
        "probability": {"type": "integer", "title": "Probability", "minimum": 0, "maximum": 100}, "expected_on": day("Expected on"), "signed_on": day("Signed on"), "owner": OWNER, "note": t("Note")}}},
    "activity": {"title": "Activity", "labels": {"zh-CN": "跟进"}, "title_field": "subject", "record_owner": "owner", "record": {"type": "object", "required": ["subject"], "properties": {
        "customer": link("customer"), "opportunity": link("opportunity"), "kind": of("kind"), "subject": t("Subject"), "body": t("Body", field={"type": "long_text"}),
        "happened_at": {"type": "string", "format": "date-time", "title": "Happened at"}, "done": {"type": "boolean", "title": "Done"}, "owner": OWNER}}},
}
OWN = {"field": "owner", "op": "eq", "value": {"var": "me"}}
ROLES = {
    "bench_sales": {"title": "Sales", "apps": ["bench"], "grants": [
        {"form": "customer", "actions": ["read"], "rows": OWN, "hidden": ["margin"]}, {"form": "opportunity", "actions": ["read"], "rows": OWN, "hidden": ["margin"]},
        {"form": "activity", "actions": ["read"], "rows": OWN}]},
    "bench_admin": {"title": "Admin", "apps": ["bench"], "grants": [{"form": f, "actions": ["read", "create", "update", "delete", "export", "import"]} for f in FORMS]},
}


class Adapter(Base):
    name = "formwright"
    ties = True      # seeded in batches through the API, so updated_at may tie within 1,000 neighbours
    notes = "SQLite in the data folder, default settings; seeded through POST …/batch; history and audit on"

    def __init__(self, *a):
        super().__init__(*a)
        self.bin = os.environ.get("FORMWRIGHT_BIN", "formwright")
        try:
            self.version = subprocess.run([self.bin, "--version"], capture_output=True, text=True).stdout.strip()
        except OSError:
            pass
        self.ids, self.cursor = {}, None

    # --- the command line ------------------------------------------------------------
    def options(self):
        return ["--data", f"{self.dir}/data"]

    def command(self):
        return [self.bin, "serve", *self.options(), "--listen", f"127.0.0.1:{self.port}"], {}

    def cli(self, *args, stdin=None):
        """Beside the stopped server; if that is refused, beside the running one."""
        go = lambda: subprocess.run([self.bin, *args, *self.options()], input=stdin, capture_output=True, text=True, cwd=self.dir)
        done = go()
        if done.returncode:
            self.start(wait=False)
            self.wait("/readyz")
            done = go()
            Base.stop(self)
        if done.returncode:
            raise RuntimeError(f"formwright {' '.join(args)}: exit {done.returncode}: {done.stderr[-800:]}{done.stdout[-400:]}")
        return done.stdout

    def make_admin(self):
        """A login of our own."""
        self.cli("user", "add", "--login", "bench", "--name", "Bench", "--role", "admin", "--role", "bench_admin", "--password-stdin", stdin=PASSWORD + "\n")

    def make_users(self, session):
        return {str(n): self.with_session(session, "POST", "/api/users", {"login": f"sales{n}", "name": f"Sales {n}", "password": PASSWORD, "roles": ["bench_sales"]})["id"]
                for n in range(1, 21)}

    # --- sessions and tokens ------------------------------------------------------------
    def session(self, login):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        c.request("POST", "/api/session", as_json({"login": login, "password": PASSWORD}), {"Content-Type": "application/json"})
        r = c.getresponse()
        body = r.read()
        if not 200 <= r.status < 300:
            raise RuntimeError(f"sign-in of {login}: {r.status} {body[:400]}")
        cookie = "; ".join(v.split(";")[0] for k, v in r.getheaders() if k.lower() == "set-cookie")
        return {"Cookie": cookie, "X-CSRF-Token": json.loads(body)["csrf"]}

    def with_session(self, session, method, path, body=None):
        return self.call(method, path, body, session)

    # --- preparation -------------------------------------------------------------------
    def write_app(self):
        root = f"{self.dir}/app"
        for folder in ("forms", "roles"):
            os.makedirs(f"{root}/{folder}", exist_ok=True)
        put = lambda path, value: open(f"{root}/{path}", "w").write(json.dumps(value, ensure_ascii=False, indent=1))
        put("app.json", {"kind": "app", "app": "bench", "name": "bench", "title": "Bench", "version": "1.0.0", "locale": "zh-CN", "menu": [{"form": f} for f in FORMS]})
        for name, form in FORMS.items():
            put(f"forms/{name}.json", {"kind": "form", "app": "bench", "name": name, **form})
        for name, role in ROLES.items():
            put(f"roles/{name}.json", {"kind": "role", "app": "bench", "name": name, **role})
        return root

    def setup(self):
        os.makedirs(f"{self.dir}/data", exist_ok=True)
        root = self.write_app()
        self.start(wait=False)
        self.wait("/readyz")
        self.stop()
        self.cli("apply", root, "--yes")
        self.make_admin()
        self.start(wait=False)
        self.wait("/readyz")
        session = self.session("bench")
        self.users = self.make_users(session)
        tokens = {"admin": self.with_session(session, "POST", "/api/tokens", {"name": "bench"})["token"],
                  "sales": self.with_session(self.session("sales1"), "POST", "/api/tokens", {"name": "bench"})["token"]}
        self.remember({"users": self.users, "tokens": tokens})
        self.stop()

    def remember(self, more):
        path = f"{self.dir}/bench.json"
        known = json.load(open(path)) if os.path.exists(path) else {}
        known.update(more)
        with open(path, "w") as f:
            json.dump(known, f)

    def login(self):
        known = json.load(open(f"{self.dir}/bench.json"))
        self.users, self.ids = known["users"], known.get("ids", {})
        self.admin = {"Authorization": f"Bearer {known['tokens']['admin']}", "Content-Type": "application/json"}
        self.sales = {"Authorization": f"Bearer {known['tokens']['sales']}"}

    def seed(self):
        self.start()
        ids = {}
        stored = {r["name"] for r in self.canon_rows("SELECT name FROM sqlite_master WHERE type='table'")}
        for form in ("customer", "opportunity", "activity"):
            if form not in stored:
                continue
            ids[form] = []
            for first in range(1, 10**9, 1000):
                rows = self.canon_rows(f"SELECT * FROM {form} WHERE id BETWEEN ? AND ? ORDER BY id", (first, first + 999))
                if not rows:
                    break
                answer = self.call("POST", f"/api/records/{form}/batch", {"atomic": True, "operations": [
                    {"op": "create", "record": self.record(form, r, ids)} for r in rows]}, self.admin)
                ids[form] += [r["id"] for r in answer["results"]]
        self.remember({"ids": {"customer": ids["customer"]}})
        self.stop()

    def record(self, form, row, ids):
        out = {}
        for k, v in row.items():
            if k in ("id", "updated_at") or v is None:
                continue
            if k in ("credit_limit", "margin", "amount"):
                v = v / 100
            elif k == "owner":
                v = self.users[str(v)]
            elif k in ("customer", "opportunity"):
                v = ids[k][v - 1]
            elif k == "done":
                v = bool(v)
            elif k == "happened_at":
                v = v[:10] + "T" + v[11:19] + "Z"
            out[k] = v
        return out

    # --- requests ----------------------------------------------------------------------
    def request(self, kind, n=1):
        base = "/api/records/customer"
        q = lambda value: urllib.parse.quote(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        pair = lambda c, g: {"and": [{"field": "country", "op": "eq", "value": c}, {"field": "grade", "op": "eq", "value": g}]}
        if kind == "R1":
            return [Req("GET", f"{base}/{self.ids['customer'][i - 1]}", self.admin) for i in some_ids(self.size)]
        if kind in ("R2", "R2c"):
            return [Req("GET", f"{base}?limit=50&sort=-updated_at&count={'exact' if kind == 'R2c' else 'none'}&filter={q(pair(c, g))}", self.admin) for c, g in PAIRS]
        if kind == "R3":
            return [Req("GET", "/api/records/opportunity?limit=50&sort=-updated_at&count=none&expand=customer", self.sales)]
        if kind in ("R4", "R4r"):
            return [Req("GET", f"{base}?limit=50&count=none&q={urllib.parse.quote('胶合' if kind == 'R4' else '榫卯')}", self.admin)]
        if kind in ("R5", "R5j"):
            return [Req("POST", "/api/records/opportunity/aggregate", self.admin, as_json({"group": [{"field": "customer.country" if kind == "R5j" else "country"}, {"field": "signed_on", "by": "month"}],
                        "measures": [{"name": "amount", "function": "sum", "field": "amount"}], "limit": 1000}))]
        if kind == "RD":
            path = f"{base}?limit=50&sort=-updated_at&count=none"
            if self.cursor is None:
                for _ in range(min(1000, self.size // 50) - 1):
                    tail = f"&cursor={urllib.parse.quote(self.cursor)}" if self.cursor else ""
                    self.cursor = self.call("GET", path + tail, headers=self.admin)["next"]
            return [Req("GET", f"{path}&cursor={urllib.parse.quote(self.cursor)}", self.admin)]
        if kind in ("W1", "W1bad", "W3"):
            owner = self.users["1"]
        if kind == "W1":
            return [Req("POST", base, self.admin, as_json(new_customer(owner=owner)))]
        if kind == "W1bad":
            return [Req("POST", base, self.admin, as_json({**new_customer("9999999", owner), "grade": "Z"}))]
        if kind == "W2":
            return [Req("PATCH", f"{base}/{self.ids['customer'][i - 1]}", self.admin, as_json({"city": "Bremen @@N@@"})) for i in some_ids(self.size)]
        if kind == "W3":
            return [Req("POST", f"{base}/batch", self.admin, as_json({"atomic": True, "operations": [{"op": "create", "record": new_customer(f"{n + k:07d}", owner)} for k in range(1000)]}))]
        raise NotOffered("unknown")

    def rows(self, kind, body):
        data = json.loads(body)
        if kind == "R2c":
            return [{"count": data["count"]}]
        if kind in ("R5", "R5j"):
            return [{"country": r["customer.country" if kind == "R5j" else "country"], "month": r["signed_on_month"], "amount": r["amount"]} for r in data["rows"]]
        return data.get("items", [data])

    def import_file(self, first, rows):
        names = list(new_customer())
        owner = {"owner": "sales1"}
        lines = [",".join(names)] + [",".join(str({**new_customer(f"{first + k}"), **owner}[c]) for c in names) for k in range(rows)]
        mark = "benchboundary"
        part = lambda head, value: f"--{mark}\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n"
        body = part('name="mode"', "create") + part('name="file"; filename="customers.csv"\r\nContent-Type: text/csv', "\n".join(lines)) + f"--{mark}--\r\n"
        status, answer = self.send(Req("POST", "/api/records/customer/import", {**self.admin, "Content-Type": f"multipart/form-data; boundary={mark}"}, body.encode()))
        if status != 202:
            raise RuntimeError(f"import: {status} {answer[:400]}")

        while True:
            job = self.call("GET", f"/api/jobs/{json.loads(answer)['job']}", headers=self.admin)
            if job["state"] not in ("queued", "running"):
                break
            time.sleep(0.02)
        if job.get("faults") or job["state"] != "done" or job["done"] != rows:
            raise RuntimeError(f"import: {json.dumps(job)[:400]}")

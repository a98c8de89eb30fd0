"""The common CRM data set, generated deterministically (README.md says what it holds).

    python3 dataset.py SIZE FILE.db             # SIZE customers and opportunities, 3*SIZE activities, into SQLite
    python3 dataset.py SIZE FILE.db customers   # customers only (for the growth series)

The canonical file is what every adapter loads from, and what expected answers are computed from.
Money is stored as integer cents, dates as 2024-01-31, times as 2024-01-31 08:00:00.000Z.
"""
import sqlite3
import sys
from datetime import date, datetime, timedelta, timezone

MASK = (1 << 64) - 1
COUNTRIES = ["US", "DE", "GB", "FR", "AE", "SA", "RU", "BR", "IN", "VN", "NG", "AU"]
GRADES = ["A", "B", "C", "D"]
SOURCES = ["fair", "b2b", "website", "social", "referral"]
STATUSES = ["lead", "active", "dormant", "lost"]
INDUSTRIES = ["plywood", "tools", "plastics", "furniture", "building", "other"]
STAGES = ["new", "contact", "quote", "negotiation", "won", "lost"]
CURRENCIES = ["USD", "EUR", "CNY"]
KINDS = ["call", "mail", "visit", "sample", "meeting"]
CITIES = ["Hamburg", "Houston", "Leeds", "Lyon", "Dubai", "Riyadh", "Moskva", "Santos", "Mumbai", "Hai Phong", "Lagos", "Perth"]
ZH = "临沂沂蒙华盛金利德源鑫海天成宏泰兴隆永昌万达东方国际和顺瑞丰恒信木业工具塑料五金贸易实业"
COMMON = "胶合"   # stands in the note of about 2 % of the customers
RARE = "榫卯"     # in the note of every 5,000th customer: i % 5000 == 4999
SALES = 20        # salespeople 1..20; the restricted user is number 1
BASE = datetime(2024, 1, 1, tzinfo=timezone.utc)


def h(form, i, field):
    """splitmix64 of form<<56 | i<<8 | field: the only source of chance."""
    z = ((form << 56) + (i << 8) + field + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def zh(x, n):
    out = []
    for _ in range(n):
        out.append(ZH[x % len(ZH)])
        x //= len(ZH)
    return "".join(out)


DAYS = [(date(2023, 1, 1) + timedelta(days=d)).isoformat() for d in range(1096)]


def stamp(i, step):
    """updated_at: one every `step` seconds in row order, so the order is known and without ties."""
    return (BASE + timedelta(seconds=i * step)).strftime("%Y-%m-%d %H:%M:%S.000Z")


def note(i):
    a = zh(h(1, i, 20), 8)
    if i % 5000 == 4999:
        return f"客户需要{RARE}结构样品，{a}"
    if h(1, i, 21) % 50 == 0:
        return f"询价{COMMON}板，{a}，请尽快报价"
    return f"{a}，等待回复 follow up {i % 97}"


def customer(i):
    """Row i (0-based) as a tuple in CUSTOMER order; id is i+1."""
    c = h(1, i, 1) % 12
    return (i + 1, f"C{i + 1:06d}", f"{zh(h(1, i, 2), 4)}有限公司 {i + 1}", COUNTRIES[c], GRADES[h(1, i, 3) % 4],
            SOURCES[h(1, i, 4) % 5], STATUSES[h(1, i, 5) % 4], INDUSTRIES[h(1, i, 6) % 6], CITIES[c],
            f"{h(1, i, 7) % 999 + 1} Harbour Road", f"https://c{i + 1}.example.com", f"buyer{i + 1}@c{i + 1}.example.com",
            f"+86 539 {h(1, i, 8) % 9000000 + 1000000}", f"Buyer {zh(h(1, i, 9), 2)}", h(1, i, 10) % 5000,
            h(1, i, 11) % 50_000_000, h(1, i, 12) % 2_000_000, DAYS[h(1, i, 13) % 1096],
            DAYS[h(1, i, 14) % 1096] if h(1, i, 14) % 3 else None, h(1, i, 15) % SALES + 1, note(i), stamp(i, 60))


def opportunity(i, n, owner_of):
    """Row i of n; 80 % belong to their customer's owner, the rest to another salesperson."""
    c = h(2, i, 1) % n
    owner = owner_of(c) if h(2, i, 2) % 5 else h(2, i, 3) % SALES + 1
    return (i + 1, f"商机 {zh(h(2, i, 4), 3)} {i + 1}", c + 1, STAGES[h(2, i, 5) % 6], COUNTRIES[h(1, c, 1) % 12],
            CURRENCIES[h(2, i, 6) % 3], h(2, i, 7) % 30_000_000 + 100, h(2, i, 8) % 3_000_000, h(2, i, 9) % 101,
            DAYS[h(2, i, 10) % 1096], DAYS[h(2, i, 11) % 1096], owner, f"{zh(h(2, i, 12), 6)}", stamp(i, 60))


def activity(i, n):
    o = h(3, i, 1) % n
    return (i + 1, h(3, i, 2) % n + 1, o + 1 if h(3, i, 3) % 2 else None, KINDS[h(3, i, 4) % 5], f"跟进{zh(h(3, i, 5), 4)}",
            f"{zh(h(3, i, 6), 11)}。{zh(h(3, i, 7), 11)}", f"{DAYS[h(3, i, 8) % 1096]} 08:00:00.000Z", h(3, i, 9) % 2,
            h(3, i, 10) % SALES + 1, stamp(i, 20))


CUSTOMER = "id code company country grade source status industry city address website email phone contact employees credit_limit margin first_contact next_follow_up owner note updated_at".split()
OPPORTUNITY = "id name customer stage country currency amount margin probability expected_on signed_on owner note updated_at".split()
ACTIVITY = "id customer opportunity kind subject body happened_at done owner updated_at".split()
INTEGERS = {"id", "employees", "credit_limit", "margin", "owner", "customer", "amount", "probability", "opportunity", "done"}


def build(size, path, customers_only=False):
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
    for name, columns in (("customer", CUSTOMER), ("opportunity", OPPORTUNITY), ("activity", ACTIVITY)):
        spec = ",".join(f"{c} {'INTEGER' if c in INTEGERS else 'TEXT'}{' PRIMARY KEY' if c == 'id' else ''}" for c in columns)
        db.execute(f"CREATE TABLE {name}({spec})")
    put = lambda name, columns, rows: db.executemany(f"INSERT INTO {name} VALUES({','.join('?' * len(columns))})", rows)
    put("customer", CUSTOMER, (customer(i) for i in range(size)))
    if not customers_only:
        put("opportunity", OPPORTUNITY, (opportunity(i, size, lambda c: h(1, c, 15) % SALES + 1) for i in range(size)))
        put("activity", ACTIVITY, (activity(i, size) for i in range(3 * size)))
    db.commit()
    db.close()


if __name__ == "__main__":
    build(int(sys.argv[1]), sys.argv[2], sys.argv[3:] == ["customers"])

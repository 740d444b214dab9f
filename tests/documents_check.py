#!/usr/bin/env python3
"""Documents and indexes after kills, compared from outside.

  documents_check.py ASHLAR DOCUMENTS_WRITER

A process that writes documents under six indexes is killed again and again. Then the documents are
read through the program, and everything else is computed from them here: each index, walked in its
order, must have exactly their entries; each query, however it is planned, must find what SQLite
finds in the same documents.

ASHLAR_CYCLES: kills. ASHLAR_DOCUMENTS: keys. ASHLAR_SEED repeats the writes, not their timing.
ASHLAR_SHOW_PLANS=1 prints the plans.
"""
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time

ashlar, writer = sys.argv[1:3]
cycles = int(os.environ.get("ASHLAR_CYCLES", "4"))
documents = int(os.environ.get("ASHLAR_DOCUMENTS", "20000"))
seed = int(os.environ.get("ASHLAR_SEED", str(random.randrange(1 << 32))))

# A query, the same for SQLite, the clauses behind the filter, the plan that an expert would choose.
QUERIES = [
    ('name = "name 77"', "json ->> '$.name' = 'name 77'", "", "index by_name"),
    ('mail = "m500@x"', "json ->> '$.mail' = 'm500@x'", "", "index by_mail"),
    ('city = "city7" and age = 30',
     "json ->> '$.city' = 'city7' AND json ->> '$.age' = 30", "", "index by_city_age"),
    ('city = "city7" and age > 50',
     "json ->> '$.city' = 'city7' AND json ->> '$.age' > 50", "", "index by_city_age"),
    ('score >= 100 and score < 200',
     "json ->> '$.score' >= 100 AND json ->> '$.score' < 200", "order by score", "index by_score"),
    ('tags contains "gold" and name = "name 5"',
     "EXISTS (SELECT 1 FROM json_each(docs.json, '$.tags') WHERE value = 'gold') "
     "AND json ->> '$.name' = 'name 5'", "", "index by_name"),
    ('address.country = "country3" and age >= 60',
     "json ->> '$.address.country' = 'country3' AND json ->> '$.age' >= 60", "",
     "index by_country_old"),
    ('name = "name 5" or mail = "m9@x"',
     "json ->> '$.name' = 'name 5' OR json ->> '$.mail' = 'm9@x'", "", "union"),
    ('age > 5', "json ->> '$.age' > 5", "", "scan"),
    ('address.country != "country3" and n < 100',
     "(json ->> '$.address.country' IS NOT 'country3') AND json ->> '$.n' < 100", "", "scan"),
]


def fail(text):
    print(f"documents_check: {text}; ASHLAR_SEED={seed}", file=sys.stderr)
    sys.exit(1)


def run(folder, *words):
    command = [ashlar, "--no-create", "--memory", "128M", folder, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found_nothing = done.returncode == 1 and not done.stdout and not done.stderr
    if done.returncode != 0 and not found_nothing:
        fail(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def write_and_kill(folder, cycle):
    child = subprocess.Popen([writer, folder, str(documents), str(seed + 10 * cycle)],
                             stdout=subprocess.PIPE, text=True)
    if cycle == 0:
        child.stdout.readline()  # all documents have been there
        child.stdout.readline()  # and all indexes
    time.sleep(random.uniform(0.2, 1.0))
    if child.poll() is not None:
        fail(f"the writer ended by itself, with {child.returncode}")
    child.kill()
    child.wait()


def keys_of(lines):
    return [json.loads(line)["key"] for line in lines.splitlines()]


def found_keys(folder, *words):
    return keys_of(run(folder, "find", "d:", *words))


# --- Indexes ---------------------------------------------------------------------------------

# The order of values: null and what is missing, numbers, strings.
def rank(value):
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, (int, float)) else (2, value)


def field(document, name):
    return document.get(name) if isinstance(document, dict) else None


def reverse_rank(value):
    kind, content = rank(value)
    return (-kind, -content if kind == 1 else content)


def check_order(folder, name, order, entries):
    expected = [key for _, key in sorted(entries)]
    found = found_keys(folder, *f"order by {order} plan index {name}".split())
    if found != expected:
        at = next((i for i, (a, b) in enumerate(zip(found, expected)) if a != b), -1)
        fail(f"index {name}: {len(found)} entries, {len(expected)} expected; other ones from {at} on")


def check_indexes(folder, content):
    for name, path in (("by_name", "name"), ("by_score", "score"), ("by_mail", "mail")):
        check_order(folder, name, path,
                    [(rank(field(document, path)), key) for key, document in content.items()])
    check_order(folder, "by_city_age", "city, age desc",
                [((rank(field(document, "city")), reverse_rank(field(document, "age"))), key)
                 for key, document in content.items()])
    for tag in ("new", "gold", "press", "staff", "mail", "beta"):
        expected = sorted(key for key, document in content.items()
                          if tag in (field(document, "tags") or []))
        found = found_keys(folder, "where", f'tags = "{tag}"', "plan", "index", "by_tags")
        if sorted(found) != expected:
            fail(f"index by_tags: {tag}: {len(found)} documents, {len(expected)} expected")
    old = [key for key, document in content.items() if (field(document, "age") or 0) >= 60]
    found = found_keys(folder, "where", "age >= 60", "plan", "index", "by_country_old")
    if sorted(found) != sorted(old):
        fail(f"index by_country_old: {len(found)} documents, {len(old)} expected")


# --- Queries ---------------------------------------------------------------------------------

def check_queries(folder, content):
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE docs(key TEXT PRIMARY KEY, json TEXT)")
    database.executemany("INSERT INTO docs VALUES(?, ?)",
                         ((key, json.dumps(document)) for key, document in content.items()))
    rows = 0
    for text, sql, clauses, wanted in QUERIES:
        expected = [key for (key,) in database.execute(f"SELECT key FROM docs WHERE {sql}")]
        rows += len(expected)
        for plan in ("", "plan scan"):
            found = found_keys(folder, "where", text, *clauses.split(), *plan.split())
            if sorted(found) != sorted(expected):
                fail(f"{text} {plan}: {len(found)} documents, SQLite finds {len(expected)}")
        chosen = run(folder, "explain", "d:", "where", text, *clauses.split())
        name = chosen.splitlines()[0].removeprefix("plan: ").split(" -- ")[0]
        if os.environ.get("ASHLAR_SHOW_PLANS"):
            print(f"{text} {clauses}\n{chosen}")
        if name != wanted and len(content) >= 10000:
            fail(f"{text}: the plan is {name}, not {wanted}")
    if rows == 0:
        fail("no query found anything")


def check(folder):
    subprocess.run([writer, folder], check=True)
    content = {}
    for line in run(folder, "find", "d:", "plan", "scan").splitlines():
        row = json.loads(line)
        content[row["key"]] = row["value"]
    check_indexes(folder, content)
    check_queries(folder, content)
    run(folder, "verify")
    return len(content)


with tempfile.TemporaryDirectory() as place:
    database_folder = os.path.join(place, "db")
    for number in range(cycles):
        write_and_kill(database_folder, number)
        if number % 10 == 0 or number == cycles - 1:
            print(f"{number + 1} kills: {check(database_folder)} documents, six indexes and "
                  f"{len(QUERIES)} queries agree", flush=True)

// Ashlar at work on real data. ./quickstart builds and runs this program:
//
//   quickstart FOLDER INDEX [NAME]    FOLDER: of the database; INDEX: a file with what
//                                     `apt-cache dumpavail` prints; NAME: what to call FOLDER
#include <chrono>
#include <cstdio>
#include <ranges>
#include <string>
#include <string_view>
#include <thread>

#include "ashlar/database.h"
#include "ashlar/json.h"
#include "console.h"
#include "crash_demo.h"
#include "package_loader.h"
#include "query_demo.h"

namespace ashlar::examples {
namespace {

using std::chrono::milliseconds;

void heading(std::string_view text) {
  std::printf("\n%.*s\n", static_cast<int>(text.size()), text.data());
}

// One call and what it returned.
void show(const std::string& call, const std::string& result = "ok") {
  std::printf("  %-52s → %s\n", call.c_str(), result.c_str());
}

// One command to try, with what it does as a shell comment, so that the line may be pasted.
void show_command(const std::string& command, const char* what) {
  std::printf("  %-58s # %s\n", command.c_str(), what);
}

std::string yes_or_no(bool value) {
  return value ? "true" : "false";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void show_load(Database& db, const std::string& index) {
  heading("Loading the package index");
  const LoadReport report = load_packages(db, index);
  std::printf("  %s packages, %s of documents, in %.2f s", with_commas(report.packages).c_str(),
              with_unit(report.bytes).c_str(), report.seconds);
  if (report.removed > 0) std::printf(" (%s gone)", with_commas(report.removed).c_str());
  std::printf("\n");
}

void show_one_key(Database& db) {
  heading("One key");
  const Json alice = {{"name", "Alice"}, {"age", 30}};
  require(set_json(db, "user:1", alice), "set");
  show("set user:1 " + alice.dump());
  const Json found = require(get_json(db, "user:1"), "get");
  show("get user:1", found.dump());
  require(db.del("user:1"), "delete");
  show("delete user:1");
  show("exists user:1", yes_or_no(require(db.exists("user:1"), "exists")));

  const auto bash = get_json(db, "pkg:bash");
  if (!bash.ok()) return;  // an index without bash: not Debian's
  show("get pkg:bash", bash->value("version", "") + ", " + bash->value("description", ""));
}

void show_many_keys(Database& db) {
  heading("Many keys");
  show("count of pkg:", with_commas(require(db.count("pkg:"), "count")));
  show("keys pkg:sqlite", joined(db.keys("pkg:sqlite", {.limit = 5}).to_vector()) + ", …");

  std::vector<std::string> names;
  for (const auto& [key, value] : db.range("pkg:g++", "pkg:g++-9", {.limit = 4})) {
    names.emplace_back(key);
  }
  show("range pkg:g++ to pkg:g++-9, the first 4", joined(names));

  names.clear();
  for (const auto& [key, value] : db.prefix("pkg:", {.reverse = true, .limit = 3})) {
    names.emplace_back(key);
  }
  show("the last 3 packages, backwards", joined(names));

  const auto is_huge = [](const Entry& entry) {
    return Json::parse(entry.value).value("installed_size", uint64_t{0}) > 2'000'000;
  };
  names.clear();
  for (const Entry& entry : db.prefix("pkg:") | std::views::filter(is_huge) | std::views::take(3)) {
    names.emplace_back(entry.key);
  }
  show("a std::views::filter: over 2 GB installed", joined(names));
}

void show_expiry(Database& db) {
  heading("Time to live");
  require(db.set("session", "Alice's", {.ttl = milliseconds(1500)}), "set with a time to live");
  show("set session, ttl 1500 ms");
  const auto left = require(db.ttl("session"), "ttl");
  show("ttl session", std::to_string(left.value_or(milliseconds(0)).count()) + " ms");
  show("get session", require(db.get("session"), "get"));
  std::this_thread::sleep_for(milliseconds(1600));
  show("get session, 1600 ms later", db.get("session").status().to_string());
}

void show_atomic_writes(Database& db) {
  heading("All or nothing, in one call");
  const Snapshot before = db.snapshot();
  Batch batch;
  batch.set("balance", "100");
  batch.set("pending", "50");
  require(db.write(batch), "writing a batch");
  show("write a batch: balance = 100, pending = 50");
  show("increment balance by -30",
       std::to_string(require(db.increment("balance", -30), "increment")));
  show("compare_and_set pending from 50 to 80",
       yes_or_no(require(db.compare_and_set("pending", "50", "80"), "compare_and_set")));
  show("compare_and_set pending from 50 to 90",
       yes_or_no(require(db.compare_and_set("pending", "50", "90"), "compare_and_set")));
  show("get balance, in a snapshot from before",
       require(db.get("balance", {.snapshot = &before}), "get"));
  Batch clear;
  clear.del("balance");
  clear.del("pending");
  require(db.write(clear), "writing a batch");
}

void show_transactions(Database& db) {
  heading("Transactions");
  require(db.begin_transaction(), "begin");
  require(db.set("balance", "100"), "set");
  require(db.set("pending", "50"), "set");
  require(db.commit(), "commit");
  show("begin, set balance 100, set pending 50, commit");
  show("get balance", require(db.get("balance"), "get"));

  require(db.begin_transaction(), "begin");
  require(db.set("balance", "0"), "set");
  show("begin, set balance 0, get balance", require(db.get("balance"), "get"));
  require(db.rollback(), "rollback");
  show("rollback, get balance", require(db.get("balance"), "get"));

  Transaction first = db.begin();
  Transaction second = db.begin();
  require(first.increment("balance", -70), "increment");
  require(second.increment("balance", -70), "increment");
  show("two transactions take 70 each; first commit", first.commit().to_string());
  const Status late = second.commit();
  show("second commit", std::string(to_string(late.code())));
  if (!late.is(StatusCode::kConflict)) give_up("finding a conflict", late.to_string());
}

void show_statistics(Database& db) {
  heading("Statistics");
  require(db.flush(), "flush");
  require(db.wait_for_background(), "waiting for background work");
  const Statistics statistics = db.statistics();
  show("commits so far", with_commas(statistics.sequence));
  for (const TierStatistics& tier : statistics.tiers) {
    if (tier.tables == 0) continue;
    show("tables in tier " + tier.name, std::to_string(tier.tables) + ", " +
                                            with_commas(tier.entries) + " entries, " +
                                            with_unit(tier.bytes));
  }
  show("log", with_unit(statistics.log_bytes));
  show("memory used, of its budget",
       with_unit(statistics.memory_used) + " of " + with_unit(statistics.memory_budget));
}

std::unique_ptr<Database> open(const std::string& folder) {
  return require(Database::open(folder), "opening the database");
}

void run(const std::string& folder, const std::string& index, const std::string& name) {
  {
    const auto db = open(folder);
    show_load(*db, index);
    show_one_key(*db);
    show_many_keys(*db);
    heading("Indexes and queries");
    show_queries(*db);
    show_expiry(*db);
    show_transactions(*db);
    show_atomic_writes(*db);
  }
  heading("A crash");
  show_crash(folder);
  show_statistics(*open(folder));

  heading("Next");
  const std::string program = "build/release/tools/ashlar " + name;
  show_command(program, "a shell; try: get pkg:bash");
  show_command(program + " keys pkg:postgres", "one command, for scripts");
  show_command(program + " find pkg: 'where tag contains \"use::learning\" limit 5'", "a query");
  show_command(program + " group pkg: by section compute count, sum installed_size", "numbers");
  show_command(program + " explain pkg: 'where installed_size > 1000000'", "how it is done");
  show_command(program + " verify", "reads and checks every byte");
  show_command(program + " --help", "all commands");
  show_command("./test", "the test suite");
}

}  // namespace
}  // namespace ashlar::examples

int main(int argc, char** argv) {
  using namespace ashlar::examples;
  if (argc == 3 && std::string_view(argv[1]) == kWriteUntilKilled) write_until_killed(argv[2]);
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "usage: quickstart FOLDER INDEX [NAME]\n");
    return 2;
  }
  run(argv[1], argv[2], argc == 4 ? argv[3] : argv[1]);
}

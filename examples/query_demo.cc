#include "query_demo.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "ashlar/json.h"
#include "console.h"

namespace ashlar::examples {
namespace {

constexpr const char* kPrefix = "pkg:";
constexpr std::size_t kShownKeys = 3;
constexpr int kRuns = 3;  // of each query; the fastest counts

struct Question {
  std::string filter;
  std::string clauses;  // as the shell writes them
  QueryOptions options;
};

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

void make_index(Database& db, const std::string& name, const IndexField& field) {
  for (const IndexInfo& info : require(db.indexes(), "listing the indexes")) {
    if (info.name == name) require(db.drop_index(name), "dropping an index");
  }
  const auto start = std::chrono::steady_clock::now();
  require(db.create_index(name, {.prefix = kPrefix, .fields = {field}}), "making an index");
  std::printf("  index create %s on %s fields %s%s: %.0f ms\n", name.c_str(), kPrefix,
              field.path.c_str(), field.descending ? " desc" : "", milliseconds_since(start));
}

std::vector<std::string> keys_found(const Database& db, const Question& question,
                                    const QueryOptions& options) {
  const DocumentRange found = db.find(kPrefix, question.filter, options);
  std::vector<std::string> keys;
  for (const auto& [key, json] : found) keys.emplace_back(key);
  require(found.status(), "running a query");
  return keys;
}

double fastest_run(const Database& db, const Question& question, const QueryOptions& options) {
  double fastest = 1e300;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    (void)keys_found(db, question, options);
    fastest = std::min(fastest, milliseconds_since(start));
  }
  return fastest;
}

std::string first_of(const std::vector<std::string>& keys) {
  std::string text;
  for (std::size_t at = 0; at < std::min(keys.size(), kShownKeys); ++at) {
    text += (text.empty() ? ": " : ", ") + keys[at];
  }
  return text + (keys.size() > kShownKeys ? ", …" : "");
}

void ask(const Database& db, const Question& question) {
  const auto explained =
      require(db.explain(kPrefix, question.filter, question.options), "explaining a query");
  const Json plan = require(parse_json_text(explained.json), "reading an explanation");
  QueryOptions by_scan = question.options;
  by_scan.plan = "scan";
  const auto keys = keys_found(db, question, question.options);
  // Of packages that are equal in the order asked for, each may choose others; not so their number.
  if (keys.size() != keys_found(db, question, by_scan).size())
    give_up("comparing an index with a scan", "they find other packages");
  std::printf("\n  find %s where %s%s\n", kPrefix, question.filter.c_str(),
              question.clauses.c_str());
  std::printf("    %s found%s\n", with_commas(keys.size()).c_str(), first_of(keys).c_str());
  std::printf("    plan: %s, %s documents read, %.2f ms; a scan takes %.2f ms\n",
              plan.value("plan", "").c_str(),
              with_commas(plan.value("documents_read", uint64_t{0})).c_str(),
              fastest_run(db, question, question.options), fastest_run(db, question, by_scan));
}

}  // namespace

void show_queries(Database& db) {
  make_index(db, "by_size", descending("installed_size"));
  make_index(db, "by_tag", "tag");
  ask(db, {.filter = "installed_size > 1000000",
           .clauses = " order by installed_size desc limit 10",
           .options = {.sort = {descending("installed_size")}, .limit = 10}});
  ask(db, {.filter = "tag contains \"game::board:chess\"", .clauses = "", .options = {}});
  ask(db, {.filter = "tag contains \"role::program\" and installed_size between 200000 and 250000",
           .clauses = "",
           .options = {}});
}

}  // namespace ashlar::examples

// Queries against a model: documents, indexes and filters at random; each query in both spellings
// and with every plan that can be forced; the answers must be those of a second evaluator over a
// map.
#include "support/query_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/expect.h"
#include "support/random.h"

namespace ashlar {
namespace {

using Keys = std::vector<std::string>;

struct ModelEntry {
  ModelJson document;
  uint64_t expires_at_ms = 0;
};

class QueryModel {
 public:
  explicit QueryModel(uint64_t seed) : random_(seed), env_(seed) { open(); }

  uint64_t plans_run() const { return plans_run_; }

  void run(uint64_t steps) {
    for (uint64_t step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      if (step % 4 == 3) {
        check_query();
      } else {
        change();
      }
      if (testing::Test::HasFailure()) return;
    }
  }

 private:
  static constexpr int kKeys = 150;

  // --- Changes ---
  void open() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = &env_;
    database_.reset();
    auto opened = Database::open("/db", options);
    ASSERT_OK(opened);
    database_ = std::move(opened).value();
  }

  std::string random_key() {
    return (random_.one_in(5) ? "other:" : "doc:") + std::to_string(random_.below(kKeys));
  }

  void change() {
    switch (random_.below(40)) {
      case 0:
        ASSERT_OK(database_->flush());
        break;
      case 1:
        ASSERT_OK(database_->compact());
        break;
      case 2:
        open();
        break;
      case 3:
        drop_index();
        break;
      case 4:
      case 5:
      case 6:
        create_index();
        break;
      case 7:
        env_.advance(std::chrono::seconds(random_.below(20)));
        break;
      case 8:
        del_range();
        break;
      default:
        write();
    }
  }

  void write() {
    const std::string key = random_key();
    if (random_.one_in(5)) {
      ASSERT_OK(database_->del(key));
      model_.erase(key);
      return;
    }
    if (random_.one_in(40)) {  // no document
      ASSERT_OK(database_->set(key, "{no json"));
      model_.erase(key);
      return;
    }
    ModelEntry entry{random_document(&random_), 0};
    std::chrono::milliseconds ttl{0};
    if (random_.one_in(5)) {
      ttl = std::chrono::seconds(1 + random_.below(60));
      entry.expires_at_ms = now_ms() + static_cast<uint64_t>(ttl.count());
    }
    ASSERT_OK(database_->set(key, entry.document.dump(), {.durability = {}, .ttl = ttl}));
    model_[key] = entry;
  }

  void del_range() {
    const std::string from = random_key();
    const std::string to = from + "5";
    ASSERT_OK(database_->del_range(from, to));
    model_.erase(model_.lower_bound(from), model_.lower_bound(to));
  }

  void create_index() {
    static const std::vector<IndexOptions> kinds = {
        {.fields = {"a"}},
        {.prefix = "doc:", .fields = {"b", descending("a")}},
        {.prefix = "doc:", .fields = {"tags"}},
        {.fields = {"c.d"}},
        {.fields = {descending("c.d"), "b"}},
        {.fields = {"s"}, .sparse = true},
        {.fields = {"a", "s"}, .sparse = true},
        {.prefix = "doc:", .fields = {"b"}, .where = "a > 3"},
        {.fields = {"a"}, .where = "b exists"},
        {.fields = {"b"}, .collation = "en-u-ks-level1"},
        {.prefix = "doc:1", .fields = {"b", "a", "tags"}},
    };
    const std::size_t kind = random_.below(kinds.size());
    const std::string name = "i" + std::to_string(kind);
    if (!indexes_.insert(name).second) return;
    ASSERT_OK(database_->create_index(name, kinds[kind]));
  }

  void drop_index() {
    if (indexes_.empty()) return;
    const std::string name = *indexes_.begin();
    indexes_.erase(name);
    ASSERT_OK(database_->drop_index(name));
  }

  uint64_t now_ms() { return env_.wall_clock_us() / 1000; }

  // --- Queries ---
  std::map<std::string, ModelJson> matching(const std::string& prefix, const ModelFilter& filter) {
    std::map<std::string, ModelJson> found;
    for (const auto& [key, entry] : model_) {
      const bool is_live = entry.expires_at_ms == 0 || now_ms() < entry.expires_at_ms;
      if (is_live && key.starts_with(prefix) && filter.matches(entry.document)) {
        found[key] = entry.document;
      }
    }
    return found;
  }

  std::vector<std::string> plans() {
    std::vector<std::string> plans{"", "scan", "union"};
    for (const std::string& name : indexes_) {
      plans.push_back("index " + name);
      for (const std::string& other : indexes_) {
        if (name < other) plans.push_back("intersect " + name + " " + other);
      }
    }
    return plans;
  }

  // A query run to its end. Nothing is left open that a database must not be closed with.
  struct Found {
    std::vector<std::pair<std::string, std::string>> rows;
    Status status;
    std::string token;
  };
  Found find(const std::string& prefix, const std::string& filter, const QueryOptions& options) {
    const auto range = database_->find(prefix, filter, options);
    Found found;
    found.rows = range.to_vector();
    found.status = range.status();
    found.token = range.resume_token();
    return found;
  }

  static Keys keys_of(const Found& found) {
    Keys keys;
    for (const auto& [key, text] : found.rows) keys.push_back(key);
    return keys;
  }

  QueryOptions random_options() {
    QueryOptions options;
    for (uint64_t left = random_.below(3); left > 0; --left) {
      SortField field(
          std::string(std::vector<const char*>{"a", "b", "c.d", "tags"}[random_.below(4)]));
      field.descending = random_.one_in(2);
      options.sort.push_back(field);
    }
    if (random_.one_in(3)) options.limit = random_.below(20);
    if (random_.one_in(4)) options.skip = random_.below(10);
    return options;
  }

  std::vector<ModelJson> sort_values(const ModelJson& document, const QueryOptions& options) {
    std::vector<ModelJson> values;
    for (const SortField& field : options.sort) {
      values.push_back(model_sort_value(document, field.path, field.descending));
    }
    return values;
  }

  static int compare_rows(const std::vector<ModelJson>& a, const std::vector<ModelJson>& b,
                          const QueryOptions& options) {
    for (std::size_t at = 0; at < a.size(); ++at) {
      const int order = compare_model(a[at], b[at]);
      if (order != 0) return options.sort[at].descending ? -order : order;
    }
    return 0;
  }

  void check_query() {
    const ModelFilter filter = random_filter(&random_);
    const std::string prefix = std::vector<const char*>{"", "doc:", "doc:1"}[random_.below(3)];
    const auto expected = matching(prefix, filter);
    const QueryOptions options = random_options();
    for (const std::string& plan : plans()) {
      QueryOptions forced = options;
      forced.plan = plan;
      const std::string text = random_.one_in(2) ? filter.to_text() : filter.to_json();
      SCOPED_TRACE("plan " + plan + ", prefix " + prefix + ", filter " + text);
      check_plan(prefix, text, forced, expected);
      if (testing::Test::HasFailure()) return;
    }
  }

  void check_plan(const std::string& prefix, const std::string& filter, const QueryOptions& options,
                  const std::map<std::string, ModelJson>& expected) {
    const Found whole = find(prefix, filter, options);
    if (whole.status.is(StatusCode::kInvalidArgument) && !options.plan.empty() &&
        options.plan != "scan") {
      ASSERT_NE(whole.status.message().find("cannot be used"), std::string::npos)
          << whole.status.to_string();
      return;
    }
    ++plans_run_;
    ASSERT_OK(whole.status);
    const auto& found = whole.rows;
    check_rows(found, options, expected);
    const auto count = database_->count_where(prefix, filter, options);
    if (count.ok() || options.plan.empty()) {
      ASSERT_OK(count);
      ASSERT_EQ(*count, found.size());
    }
    check_pages(prefix, filter, options);
    check_groups(prefix, filter, options, expected);
  }

  // Which rows, in which order.
  void check_rows(const std::vector<std::pair<std::string, std::string>>& found,
                  const QueryOptions& options, const std::map<std::string, ModelJson>& expected) {
    std::vector<std::vector<ModelJson>> wanted;
    for (const auto& [key, document] : expected) wanted.push_back(sort_values(document, options));
    std::stable_sort(wanted.begin(), wanted.end(),
                     [&](const auto& a, const auto& b) { return compare_rows(a, b, options) < 0; });
    const uint64_t begin = std::min<uint64_t>(options.skip, wanted.size());
    const uint64_t rows = std::min<uint64_t>(options.limit, wanted.size() - begin);
    std::set<std::string> seen;
    for (const auto& [key, text] : found) {
      ASSERT_TRUE(seen.insert(key).second) << key << " comes twice";
      ASSERT_TRUE(expected.contains(key)) << key << " does not match: " << text;
      ASSERT_EQ(ModelJson::parse(text), expected.at(key));
    }
    ASSERT_EQ(found.size(), rows);
    for (std::size_t at = 0; at < found.size(); ++at) {
      const auto values = sort_values(expected.at(found[at].first), options);
      ASSERT_EQ(compare_rows(values, wanted[begin + at], options), 0) << "row " << at;
    }
  }

  // Taken a few at a time, each page from the token of the one before.
  void check_pages(const std::string& prefix, const std::string& filter,
                   const QueryOptions& options) {
    QueryOptions page = options;
    page.limit = UINT64_MAX;
    page.skip = 0;
    Keys expected = keys_of(find(prefix, filter, page));
    page.limit = 1 + random_.below(expected.size() + 1);
    if (expected.size() / page.limit > 6) page.limit = expected.size() / 6 + 1;
    Keys keys;
    for (;;) {
      const Found found = find(prefix, filter, page);
      ASSERT_OK(found.status);
      if (found.rows.empty()) break;
      for (const auto& key : keys_of(found)) keys.push_back(key);
      page.after = found.token;
      if (random_.one_in(200)) open();
    }
    // The planner may choose another plan for a page than for all; documents then come in another
    // order, but each once.
    if (options.plan.empty() && options.sort.empty()) {
      std::sort(keys.begin(), keys.end());
      std::sort(expected.begin(), expected.end());
    }
    if (options.plan.empty() && !options.sort.empty()) {
      ASSERT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), expected.size());
      ASSERT_EQ(keys.size(), expected.size());
      return;
    }
    ASSERT_EQ(keys, expected);
  }

  void check_groups(const std::string& prefix, const std::string& filter,
                    const QueryOptions& options, const std::map<std::string, ModelJson>& expected) {
    QueryOptions all;
    all.plan = options.plan;
    const std::string field = std::vector<const char*>{"a", "b", "tags", "c.d"}[random_.below(4)];
    const auto range = database_->distinct(prefix, field, filter, all);
    if (range.status().is(StatusCode::kInvalidArgument) && !all.plan.empty()) return;
    std::vector<ModelJson> found;
    for (const std::string_view text : range) found.push_back(ModelJson::parse(text));
    ASSERT_OK(range.status());
    const auto is_less = [](const ModelJson& a, const ModelJson& b) {
      return compare_model(a, b) < 0;
    };
    std::set<ModelJson, decltype(is_less)> values(is_less);
    for (const auto& [key, document] : expected) {
      for (const ModelJson& value : model_single_values(document, field)) values.insert(value);
    }
    ASSERT_EQ(found.size(), values.size()) << "distinct " << field;
    ASSERT_TRUE(std::equal(found.begin(), found.end(), values.begin(),
                           [](const auto& a, const auto& b) { return compare_model(a, b) == 0; }));
    check_sums(prefix, filter, all, expected);
  }

  void check_sums(const std::string& prefix, const std::string& filter, const QueryOptions& options,
                  const std::map<std::string, ModelJson>& expected) {
    const auto range = database_->group(
        prefix, {.by = {"b"}, .values = {count(), sum("a"), maximum("a")}}, filter, options);
    if (range.status().is(StatusCode::kInvalidArgument) && !options.plan.empty()) return;
    struct Sums {
      uint64_t documents = 0, numbers = 0;
      double sum = 0;
    };
    const auto is_less = [](const ModelJson& a, const ModelJson& b) {
      return compare_model(a, b) < 0;
    };
    std::map<ModelJson, Sums, decltype(is_less)> groups(is_less);
    for (const auto& [key, document] : expected) {
      const bool has = document.is_object() && document.contains("b");
      // Several values at b are there only if the document is an array of objects; there is none.
      Sums& sums = groups[has ? document["b"] : ModelJson()];
      ++sums.documents;
      for (const ModelJson& value : model_single_values(document, "a")) {
        if (!value.is_number()) continue;
        ++sums.numbers;
        sums.sum += value.get<double>();
      }
    }
    std::size_t rows = 0;
    for (const std::string_view text : range) {
      const ModelJson row = ModelJson::parse(text);
      ++rows;
      const auto group = groups.find(row["b"]);
      ASSERT_NE(group, groups.end()) << text;
      ASSERT_EQ(row["count"], group->second.documents) << text;
      if (group->second.numbers == 0) {
        ASSERT_TRUE(row["sum_a"].is_null()) << text;
      } else {
        ASSERT_DOUBLE_EQ(row["sum_a"].get<double>(), group->second.sum) << text;
      }
    }
    ASSERT_OK(range.status());
    ASSERT_EQ(rows, groups.size());
  }

  Random random_;
  SimEnv env_;
  std::unique_ptr<Database> database_;
  std::map<std::string, ModelEntry> model_;
  std::set<std::string> indexes_;
  uint64_t plans_run_ = 0;
};

TEST(QueryModel, EveryPlanGivesTheAnswersOfTheModel) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed_text(seed));
  const uint64_t rounds = environment_number("ASHLAR_ROUNDS", 3);
  uint64_t plans_run = 0;
  for (uint64_t round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    QueryModel model(seed + round);
    model.run(environment_number("ASHLAR_STEPS", 1200));
    plans_run += model.plans_run();
  }
  EXPECT_GT(plans_run, rounds * 500);
}

}  // namespace
}  // namespace ashlar

#include "query/query_calls.h"

#include <utility>

#include "base/key_space.h"
#include "base/limits.h"
#include "base/try.h"
#include "document/json_text.h"
#include "query/distinct_cursor.h"
#include "query/explain.h"
#include "query/group_cursor.h"
#include "query/query_cursor.h"
#include "query/update_text.h"

namespace ashlar {
namespace {

// Only keys, whatever the caller's projection is.
Result<QuerySpec> keys_spec(std::string_view prefix, std::string_view filter,
                            const QueryOptions& options) {
  QueryOptions keys = options;
  keys.fields.clear();
  keys.without.clear();
  keys.keys_only = true;
  return QuerySpec::make(prefix, filter, keys);
}

Result<std::unique_ptr<QueryRun>> start_grouping(QueryMoment moment, std::string_view prefix,
                                                 std::string_view filter,
                                                 const QueryOptions& options,
                                                 const GroupingSpec& grouping, bool distinct) {
  QueryOptions plain;
  plain.limit = options.limit;
  plain.skip = options.skip;
  plain.plan = options.plan;
  plain.progress = options.progress;
  ASHLAR_TRY_ASSIGN(QuerySpec spec, QuerySpec::make(prefix, filter, plain));
  spec.reads_paths_only = true;
  spec.read_paths = grouping.paths();
  spec.distinct = distinct;
  return QueryRun::start(std::move(spec), std::move(moment));
}

JsonRange run_grouping(QueryMoment moment, std::string_view prefix, std::string_view filter,
                       const QueryOptions& options, const Grouping& grouping,
                       GroupCursor::Result result) {
  auto spec = GroupingSpec::make(grouping);
  if (!spec.ok()) return JsonRange(spec.status());
  Engine& engine = moment.reads->engine();
  auto run = start_grouping(std::move(moment), prefix, filter, options, *spec,
                            result == GroupCursor::Result::kDistinctValues);
  if (!run.ok()) return JsonRange(run.status());
  if ((*run)->plan().root->skips_values) {
    return JsonRange(std::make_unique<DistinctCursor>(std::move(run).value()));
  }
  return JsonRange(std::make_unique<GroupCursor>(std::move(run).value(), std::move(spec).value(),
                                                 engine, result));
}

// Bytes of keys and values that changes bring into a commit. The engine takes an eighth of the
// budget in one; what is far beyond is refused before it has filled memory.
class ChangeMeter {
 public:
  explicit ChangeMeter(Engine& engine) : limit_(engine.memory_budget().total() / kShareOfBudget) {}

  Status add(std::size_t key_bytes, std::size_t value_bytes) {
    // Huge values do not go into the commit.
    bytes_ += key_bytes + (value_bytes < kHugeValueBytes ? value_bytes : 0);
    if (bytes_ <= limit_) return {};
    return Status::too_large("the changes take more than " + std::to_string(limit_) +
                             " bytes: more than fits into one commit; change fewer documents at a "
                             "time, with a limit");
  }

 private:
  static constexpr std::size_t kShareOfBudget = 4;

  const std::size_t limit_;
  std::size_t bytes_ = 0;
};

Result<std::vector<std::string>> find_keys(TransactionState& transaction, std::string_view prefix,
                                           std::string_view filter, const QueryOptions& options) {
  ASHLAR_TRY_ASSIGN(QuerySpec spec, keys_spec(prefix, filter, options));
  ASHLAR_TRY_ASSIGN(auto run, QueryRun::start(std::move(spec), QueryMoment::of(transaction)));
  std::vector<std::string> keys;
  ChangeMeter meter(transaction.engine());
  for (;;) {
    ASHLAR_TRY_ASSIGN(const bool found, run->next());
    if (!found) return keys;
    ASHLAR_TRY(meter.add(run->row().key.size(), 0));
    keys.push_back(run->row().key);
  }
}

Status update_one(TransactionState& transaction, const std::string& key, const JsonUpdate& update,
                  ChangeMeter* meter) {
  const StoredKey stored(key);
  std::string text;
  uint64_t expires_at_ms = 0;
  ASHLAR_TRY(transaction.get(stored, &text, &expires_at_ms));
  ASHLAR_TRY_ASSIGN(JsonValue document, parse_json(text));
  if (Status status = update.apply(&document); !status.ok()) {
    return Status(status.code(), key + ": " + std::string(status.message()));
  }
  text = to_json(document);
  ASHLAR_TRY(meter->add(key.size(), text.size()));
  return transaction.set_until(stored, text, expires_at_ms);
}

}  // namespace

DocumentRange find_documents(QueryMoment moment, std::string_view prefix, std::string_view filter,
                             const QueryOptions& options) {
  auto spec = QuerySpec::make(prefix, filter, options);
  if (!spec.ok()) return DocumentRange(spec.status());
  auto run = QueryRun::start(std::move(spec).value(), std::move(moment));
  if (!run.ok()) return DocumentRange(run.status());
  return DocumentRange(std::make_unique<QueryCursor>(std::move(run).value()));
}

Result<uint64_t> count_documents(QueryMoment moment, std::string_view prefix,
                                 std::string_view filter, const QueryOptions& options) {
  ASHLAR_TRY_ASSIGN(QuerySpec spec, keys_spec(prefix, filter, options));
  if (!spec.after) spec.sort.clear();
  ASHLAR_TRY_ASSIGN(auto run, QueryRun::start(std::move(spec), std::move(moment)));
  for (uint64_t count = 0;; ++count) {
    ASHLAR_TRY_ASSIGN(const bool found, run->next());
    if (!found) return count;
  }
}

JsonRange distinct_values(QueryMoment moment, std::string_view prefix, std::string_view field,
                          std::string_view filter, const QueryOptions& options) {
  Grouping grouping;
  grouping.by.emplace_back(field);
  return run_grouping(std::move(moment), prefix, filter, options, grouping,
                      GroupCursor::Result::kDistinctValues);
}

JsonRange group_documents(QueryMoment moment, std::string_view prefix, const Grouping& grouping,
                          std::string_view filter, const QueryOptions& options) {
  return run_grouping(std::move(moment), prefix, filter, options, grouping,
                      GroupCursor::Result::kGroups);
}

Result<Explanation> explain_query(QueryMoment moment, std::string_view prefix,
                                  std::string_view filter, const QueryOptions& options) {
  Env& env = moment.reads->engine().env();
  const uint64_t start = env.monotonic_ns();
  ASHLAR_TRY_ASSIGN(QuerySpec spec, QuerySpec::make(prefix, filter, options));
  ASHLAR_TRY_ASSIGN(auto run, QueryRun::start(std::move(spec), std::move(moment), true));
  for (;;) {
    ASHLAR_TRY_ASSIGN(const bool found, run->next());
    if (!found) return explain_run(*run, env.monotonic_ns() - start);
  }
}

Result<uint64_t> update_documents(TransactionState& transaction, std::string_view prefix,
                                  std::string_view filter, std::string_view update,
                                  const QueryOptions& options) {
  ASHLAR_TRY_ASSIGN(const JsonUpdate changes, parse_update(update));
  ASHLAR_TRY_ASSIGN(const auto keys, find_keys(transaction, prefix, filter, options));
  ChangeMeter meter(transaction.engine());
  for (const std::string& key : keys) ASHLAR_TRY(update_one(transaction, key, changes, &meter));
  return keys.size();
}

Result<uint64_t> delete_documents(TransactionState& transaction, std::string_view prefix,
                                  std::string_view filter, const QueryOptions& options) {
  ASHLAR_TRY_ASSIGN(const auto keys, find_keys(transaction, prefix, filter, options));
  for (const std::string& key : keys) ASHLAR_TRY(transaction.del(StoredKey(key)));
  return keys.size();
}

}  // namespace ashlar

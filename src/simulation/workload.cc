#include "simulation/workload.h"

#include <algorithm>

#include "base/try.h"

namespace ashlar {
namespace {

constexpr uint64_t kKeys = 60;
constexpr uint64_t kAccounts = 12;
constexpr uint64_t kLargestBatch = 8;

std::string numbered(std::string_view prefix, uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(prefix) + std::string(6 - std::min<std::size_t>(digits.size(), 6), '0') +
         digits;
}

// Mostly short; some of a page and more, which go to value files.
std::string random_value(SimRandom* random) {
  const uint64_t bytes = random->one_in(8) ? 900 + random->below(6000) : random->below(120);
  std::string value;
  while (value.size() < bytes) value += std::to_string(random->next());
  value.resize(bytes);
  return value;
}

SimCommit random_write(SimRandom* random) {
  const std::string key = numbered("key:", random->below(kKeys));
  if (random->one_in(5)) return {{key, std::nullopt}};
  return {{key, random_value(random)}};
}

Status write_batch(Database& database, const SimCommit& commit, Durability durability) {
  Batch batch;
  for (const auto& [key, value] : commit) {
    value ? batch.set(key, *value) : batch.del(key);
  }
  return database.write(batch, {.durability = durability, .ttl = {}});
}

// Reads what it writes first, as programs do.
Status write_in_transaction(Database& database, const SimCommit& commit, Durability durability) {
  Transaction transaction = database.begin({.durability = durability});
  for (const auto& [key, value] : commit) {
    std::string before;
    const Status read = transaction.get(key, &before);
    if (!read.ok() && !read.is(StatusCode::kNotFound)) return read;
    ASHLAR_TRY(value ? transaction.set(key, *value) : transaction.del(key));
  }
  return transaction.commit();
}

class KeyValues final : public SimWorkload {
 public:
  SimCommit next(const SimContents&, SimRandom* random) override { return random_write(random); }
  Status commit(Database& database, const SimCommit& commit, Durability durability) override {
    const auto& [key, value] = commit.front();
    const WriteOptions options{.durability = durability, .ttl = {}};
    return value ? database.set(key, *value, options) : database.del(key, options);
  }
};

class Batches final : public SimWorkload {
 public:
  SimCommit next(const SimContents&, SimRandom* random) override {
    SimCommit commit;
    for (uint64_t left = 1 + random->below(kLargestBatch); left > 0; --left) {
      commit.push_back(random_write(random).front());
    }
    return commit;
  }
  Status commit(Database& database, const SimCommit& commit, Durability durability) override {
    return write_batch(database, commit, durability);
  }
};

// Money goes from one account to another; all of it together stays the same.
class Transfers final : public SimWorkload {
 public:
  SimCommit next(const SimContents& contents, SimRandom* random) override {
    const std::string from = numbered("account:", random->below(kAccounts));
    const std::string to = numbered("account:", random->below(kAccounts));
    if (from == to) return next(contents, random);
    const int64_t amount = static_cast<int64_t>(random->below(100));
    const auto balance = [&](const std::string& account) {
      const auto found = contents.find(account);
      return found == contents.end() ? int64_t{0} : std::stoll(found->second);
    };
    return {{from, std::to_string(balance(from) - amount)},
            {to, std::to_string(balance(to) + amount)}};
  }
  Status commit(Database& database, const SimCommit& commit, Durability durability) override {
    return write_in_transaction(database, commit, durability);
  }
};

// Jobs are put at the end, with the number of the next, and taken from the front.
class Queue final : public SimWorkload {
 public:
  SimCommit next(const SimContents& contents, SimRandom* random) override {
    const auto tail = contents.find("tail");
    const uint64_t number = tail == contents.end() ? 0 : std::stoull(tail->second);
    const auto first = contents.lower_bound("job:");
    const bool empty = first == contents.end() || !first->first.starts_with("job:");
    if (!empty && random->one_in(2)) return {{first->first, std::nullopt}};
    return {{numbered("job:", number), random_value(random)}, {"tail", std::to_string(number + 1)}};
  }
  Status commit(Database& database, const SimCommit& commit, Durability durability) override {
    return write_in_transaction(database, commit, durability);
  }
};

// Documents under two indexes, which verify() compares with them.
class IndexedDocuments final : public SimWorkload {
 public:
  SimCommit next(const SimContents&, SimRandom* random) override {
    const std::string key = numbered("user:", random->below(kKeys));
    if (random->one_in(5)) return {{key, std::nullopt}};
    return {{key, "{\"age\": " + std::to_string(random->below(90)) + ", \"tags\": [\"" +
                      std::to_string(random->below(5)) + "\"]}"}};
  }
  Status commit(Database& database, const SimCommit& commit, Durability durability) override {
    return write_batch(database, commit, durability);
  }
  Status prepare(Database& database) override {
    ASHLAR_TRY_ASSIGN(const std::vector<IndexInfo> there, database.indexes());
    for (const char* field : {"age", "tags"}) {
      const bool known = std::any_of(there.begin(), there.end(),
                                     [&](const IndexInfo& index) { return index.name == field; });
      if (known) continue;
      IndexOptions options;
      options.prefix = "user:";
      options.fields.emplace_back(std::string("$.") + field);
      ASHLAR_TRY(database.create_index(field, options));
    }
    return {};
  }
};

template <typename Workload>
std::unique_ptr<SimWorkload> make() {
  return std::make_unique<Workload>();
}

}  // namespace

const std::vector<SimWorkloadKind>& sim_workloads() {
  static const std::vector<SimWorkloadKind> kAll = {
      {"kv", "single writes and deletions", make<KeyValues>},
      {"batches", "up to eight writes at once", make<Batches>},
      {"transactions", "transfers between accounts", make<Transfers>},
      {"queue", "jobs put at the end and taken from the front", make<Queue>},
      {"indexes", "JSON documents under two indexes", make<IndexedDocuments>},
  };
  return kAll;
}

std::unique_ptr<SimWorkload> make_sim_workload(std::string_view name) {
  for (const SimWorkloadKind& kind : sim_workloads()) {
    if (kind.name == name) return kind.make();
  }
  return nullptr;
}

}  // namespace ashlar

// Many threads run random transactions, and a judge that knows nothing of the engine looks at what
// they saw. Meanwhile memtables are flushed and tables merged, so that validation meets all of
// them.
//
// ASHLAR_SEED repeats the choices, if not their timing. Each test goes on for ASHLAR_MS / 4
// milliseconds, and until ASHLAR_TRANSACTIONS transactions have committed.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ashlar/database.h"
#include "support/expect.h"
#include "support/history_checker.h"
#include "support/random.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = ObservedOperation::Kind;

constexpr uint32_t kThreads = 8;
constexpr uint64_t kAttemptsOfARound = 4000;
// Transactions meet on the keys of a window, which moves on so that some keys are always new.
constexpr uint32_t kWindow = 6;
constexpr uint64_t kAttemptsOfAKey = 16;

uint64_t now_ns() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
          .count());
}

// Lets other threads run between two operations, now and then.
void maybe_yield(Random& random) {
  if (random.one_in(3)) std::this_thread::yield();
}

// One thread's part of a round: it makes transactions and notes what they saw.
class Client {
 public:
  Client(Database& database, uint64_t round, uint64_t seed)
      : database_(database), round_(round), random_(seed) {}

  using Body = std::function<Status(Client&, Transaction&)>;

  // Runs the body once, in a transaction of its own; a conflict is noted as such.
  void attempt(uint64_t number, const Body& body, const TransactionOptions& options) {
    first_key_ = static_cast<uint32_t>(number / kAttemptsOfAKey);
    seen_ = {};
    seen_.begin_ns = now_ns();
    Transaction transaction = database_.begin(options);
    Status status = body(*this, transaction);
    maybe_yield(random_);
    if (status.ok()) status = transaction.commit();
    seen_.end_ns = now_ns();
    seen_.committed = status.ok();
    if (!status.is(StatusCode::kConflict)) ASSERT_OK(status);
    history_.push_back(std::move(seen_));
  }

  Random& random() { return random_; }
  uint32_t some_key() { return first_key_ + static_cast<uint32_t>(random_.below(kWindow)); }
  uint32_t first_key() const { return first_key_; }
  // Keys of different rounds do not meet.
  std::string name_of(uint32_t key) const {
    return std::to_string(1'000'000 + round_) + ":" + std::to_string(1'000'000 + key);
  }

  void note(ObservedOperation operation) { seen_.operations.push_back(std::move(operation)); }
  const std::vector<ObservedTransaction>& history() const { return history_; }

 private:
  Database& database_;
  const uint64_t round_;
  Random random_;
  uint32_t first_key_ = 0;
  ObservedTransaction seen_;
  std::vector<ObservedTransaction> history_;
};

// --- Values and how they are read ----------------------------------------------------------------

std::vector<uint64_t> list_of(std::string_view text) {
  std::vector<uint64_t> list;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    list.push_back(std::stoull(std::string(text.substr(at, end - at))));
    at = end + 1;
  }
  return list;
}

// What an operation saw under a key: the text there, or nothing.
using Note = ObservedOperation (*)(uint32_t key, std::string_view value);

ObservedOperation list_seen(uint32_t key, std::string_view value) {
  return {Kind::kReadList, key, 0, 0, list_of(value)};
}

ObservedOperation value_seen(uint32_t key, std::string_view value) {
  return {Kind::kRead, key, value.empty() ? 0 : std::stoull(std::string(value)), 0, {}};
}

// Reads a key and notes it; `value` is empty if there is none.
Status read(Client& client, Transaction& tx, uint32_t key, Note note, std::string* value) {
  Status status = tx.get(client.name_of(key), value);
  if (status.is(StatusCode::kNotFound)) {
    value->clear();
    status = {};
  }
  if (status.ok()) client.note(note(key, *value));
  return status;
}

// Reads a part of the window, in either direction, to its end or not; notes each key of it, those
// that were not there too.
Status read_range(Client& client, Transaction& tx, Note note) {
  Random& random = client.random();
  uint32_t from = client.some_key();
  uint32_t to = client.some_key();
  if (from > to) std::swap(from, to);
  const bool reverse = random.one_in(2);
  const uint64_t limit = random.one_in(2) ? UINT64_MAX : random.between(1, 3);
  const EntryRange range = tx.range(client.name_of(from), client.name_of(to), reverse, limit);
  uint32_t next = reverse ? to : from;  // of the keys in the order of reading; reversed: behind it
  uint64_t count = 0;
  for (const Entry& entry : range) {
    const auto at_entry = [&] { return client.name_of(reverse ? next - 1 : next) == entry.key; };
    for (; !at_entry() && next != (reverse ? from : to); reverse ? --next : ++next) {
      client.note(note(reverse ? next - 1 : next, {}));
    }
    if (!at_entry()) return Status::corruption("range shows a key outside of it");
    client.note(note(reverse ? next - 1 : next, entry.value));
    reverse ? --next : ++next;
    ++count;
    maybe_yield(random);
  }
  if (!range.status().ok()) return range.status();
  if (count == limit) return {};
  for (; next != (reverse ? from : to); reverse ? --next : ++next) {
    client.note(note(reverse ? next - 1 : next, {}));
  }
  return {};
}

// --- What a transaction does ---------------------------------------------------------------------

std::atomic<uint64_t> next_value{1};

Status append(Client& client, Transaction& tx, uint32_t key) {
  std::string text;
  const Status status = read(client, tx, key, list_seen, &text);
  if (!status.ok()) return status;
  const uint64_t value = next_value.fetch_add(1);
  if (!text.empty()) text += ',';
  client.note({Kind::kAppend, key, value, 0, {}});
  return tx.set(client.name_of(key), text + std::to_string(value));
}

Status replace(Client& client, Transaction& tx, uint32_t key) {
  std::string text;
  const Status status = read(client, tx, key, value_seen, &text);
  if (!status.ok()) return status;
  const uint64_t value = next_value.fetch_add(1);
  client.note({Kind::kWrite, key, value, text.empty() ? 0 : std::stoull(text), {}});
  const auto done = tx.compare_and_set(
      client.name_of(key), text.empty() ? std::nullopt : std::optional<std::string_view>(text),
      std::to_string(value));
  if (!done.ok()) return done.status();
  return *done ? Status() : Status::corruption("a transaction read two values of one key");
}

Status count_up(Client& client, Transaction& tx, uint32_t key) {
  const auto sum = tx.increment(client.name_of(key));
  if (!sum.ok()) return sum.status();
  const auto value = static_cast<uint64_t>(*sum);
  client.note(value_seen(key, value == 1 ? "" : std::to_string(value - 1)));
  client.note({Kind::kWrite, key, value, value - 1, {}});
  return {};
}

// A few reads of single keys and ranges, and a few writes.
template <Status (*Change)(Client&, Transaction&, uint32_t), Note note>
Status mixed(Client& client, Transaction& tx) {
  Random& random = client.random();
  for (uint64_t operations = random.between(1, 4); operations > 0; --operations) {
    const uint64_t choice = random.below(10);
    std::string value;
    const Status status = choice < 3   ? read(client, tx, client.some_key(), note, &value)
                          : choice < 5 ? read_range(client, tx, note)
                                       : Change(client, tx, client.some_key());
    if (!status.ok()) return status;
    maybe_yield(random);
  }
  return {};
}

template <Note note>
Status read_everything(Client& client, Transaction& tx) {
  std::string value;
  for (uint32_t key = 0; key <= kAttemptsOfARound / kAttemptsOfAKey + kWindow; ++key) {
    const Status status = read(client, tx, key, note, &value);
    if (!status.ok()) return status;
  }
  return {};
}

// --- The runs ------------------------------------------------------------------------------------

class Serializability : public testing::Test {
 protected:
  Serializability() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.durability = Durability::kProcess;
    auto opened = Database::open(folder_ / "db", options);
    EXPECT_OK(opened);
    database_ = std::move(opened).value();
    disturber_ = std::thread([this] { disturb(); });
  }
  ~Serializability() override {
    stop_.store(true);
    disturber_.join();
  }

  bool over() const {
    return HasFailure() || (Clock::now() > end_ && committed_ >= least_transactions_);
  }

  // One history: all threads on the same new keys, and a last look at everything.
  std::vector<ObservedTransaction> run_round(const Client::Body& body, const Client::Body& last,
                                             Isolation isolation) {
    const uint64_t round = rounds_++;
    std::vector<std::unique_ptr<Client>> clients;
    for (uint32_t i = 0; i <= kThreads; ++i) {
      clients.push_back(std::make_unique<Client>(*database_, round, seeds_.next()));
    }
    std::atomic<uint64_t> attempts{0};
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, client = clients[i].get()] {
        for (uint64_t number = 0;
             !HasFailure() && (number = attempts.fetch_add(1)) < kAttemptsOfARound;) {
          client->attempt(number, body, options_for(client->random(), isolation));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    clients[kThreads]->attempt(0, last, {});
    std::vector<ObservedTransaction> history;
    for (const auto& client : clients) {
      history.insert(history.end(), client->history().begin(), client->history().end());
    }
    for (const ObservedTransaction& transaction : history) committed_ += transaction.committed;
    return history;
  }

  void expect_no_anomaly(const Client::Body& body, const Client::Body& last) {
    SCOPED_TRACE(seed_text(seed_));
    while (!over()) {
      const auto anomaly = find_anomaly(run_round(body, last, Isolation::kSerializable));
      ASSERT_FALSE(anomaly) << anomaly->name << ": " << anomaly->description;
    }
    // Contention, and not so much of it that nothing happens.
    EXPECT_GT(committed_, rounds_ * kAttemptsOfARound / 5);
    EXPECT_GT(database_->statistics().transaction_conflicts, 0u);
  }

  static TransactionOptions options_for(Random& random, Isolation isolation) {
    TransactionOptions options;
    options.isolation = isolation;
    // Those that wait for the disk hold back the visibility of those behind them.
    if (random.one_in(200)) options.durability = Durability::kDisk;
    return options;
  }

  const uint64_t seed_ = test_seed();
  Random seeds_{seed_};
  std::unique_ptr<Database> database_;
  std::atomic<uint64_t> committed_{0};

 private:
  void disturb() {
    Random random(seed_ ^ 0xd15);
    while (!stop_.load()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(random.between(1, 60)));
      EXPECT_OK(random.one_in(5) ? database_->compact() : database_->flush());
    }
  }

  TemporaryFolder folder_;
  std::thread disturber_;
  std::atomic<bool> stop_{false};
  uint64_t rounds_ = 0;
  const uint64_t least_transactions_ = environment_number("ASHLAR_TRANSACTIONS", 0);
  const Clock::time_point end_ =
      Clock::now() + std::chrono::milliseconds(environment_number("ASHLAR_MS", 5000) / 4);
};

TEST_F(Serializability, ListsThatAreAppendedToHaveASerialOrder) {
  expect_no_anomaly(mixed<append, list_seen>, read_everything<list_seen>);
}

TEST_F(Serializability, RegistersHaveASerialOrder) {
  expect_no_anomaly(mixed<replace, value_seen>, read_everything<value_seen>);
}

TEST_F(Serializability, CountersHaveASerialOrder) {
  expect_no_anomaly(mixed<count_up, value_seen>, read_everything<value_seen>);
}

// The judge and the load are sharp enough for the one anomaly that this level allows; and it is
// the only one.
TEST_F(Serializability, SnapshotIsolationShowsWriteSkewAndNothingElse) {
  const Clock::time_point patience = Clock::now() + std::chrono::seconds(60);
  std::optional<Anomaly> anomaly;
  while (!anomaly && Clock::now() < patience && !HasFailure()) {
    anomaly = find_anomaly(
        run_round(mixed<append, list_seen>, read_everything<list_seen>, Isolation::kSnapshot));
  }
  ASSERT_TRUE(anomaly);
  EXPECT_EQ(anomaly->name, "G2") << anomaly->description;
}

// --- Sums over ranges ----------------------------------------------------------------------------

// Accounts whose sum never changes. An account without money is deleted; one that gets some may
// not exist. So the sum depends on each read of a key that is there, is not, or is deleted, and on
// each range that was read.
class RangeSums : public Serializability {
 protected:
  static constexpr uint64_t kAccounts = 24;
  static constexpr int64_t kTotal = 1000;

  static std::string account(uint64_t number) { return "account:" + std::to_string(number); }

  static Result<int64_t> sum(Transaction& tx, bool reverse) {
    int64_t total = 0;
    const EntryRange range = tx.prefix("account:", reverse);
    for (const Entry& entry : range) total += std::stoll(std::string(entry.value));
    if (!range.status().ok()) return range.status();
    return total;
  }

  // The account's money as found by a read of the key, or of a range around it.
  static Result<int64_t> balance(Transaction& tx, const std::string& key, Random& random) {
    if (random.one_in(2)) {
      const Result<std::string> value = tx.get(key);
      if (value.status().is(StatusCode::kNotFound)) return int64_t{0};
      if (!value.ok()) return value.status();
      return int64_t{std::stoll(*value)};
    }
    int64_t money = 0;
    const EntryRange range = tx.range(key, key + "\x01", random.one_in(2));
    for (const Entry& entry : range) money += std::stoll(std::string(entry.value));
    if (!range.status().ok()) return range.status();
    return money;
  }

  static Status store(Transaction& tx, const std::string& key, int64_t money, Random& random) {
    if (money != 0) return tx.set(key, std::to_string(money));
    return random.one_in(2) ? tx.del(key) : tx.del_range(key, key + "\x01");
  }

  static Status transfer(Transaction& tx, Random& random) {
    const std::string from = account(random.below(kAccounts));
    const std::string to = account(random.below(kAccounts));
    const auto available = balance(tx, from, random);
    if (!available.ok()) return available.status();
    maybe_yield(random);
    if (*available == 0) return {};
    const int64_t amount = random.one_in(2) ? *available : *available / 2;
    const Status taken = store(tx, from, *available - amount, random);
    if (!taken.ok()) return taken;
    const auto before = balance(tx, to, random);
    if (!before.ok()) return before.status();
    maybe_yield(random);
    return store(tx, to, *before + amount, random);
  }

  // One transaction.
  void act(Random& random) {
    Transaction tx = database_->begin(options_for(random, Isolation::kSerializable));
    if (random.one_in(8)) {
      const auto total = sum(tx, random.one_in(2));
      ASSERT_OK(total);
      ASSERT_EQ(*total, kTotal);
    }
    ASSERT_OK(transfer(tx, random));
    if (random.one_in(8)) {
      const auto total = sum(tx, random.one_in(2));
      ASSERT_OK(total);
      ASSERT_EQ(*total, kTotal);
    }
    const Status status = tx.commit();
    if (!status.is(StatusCode::kConflict)) ASSERT_OK(status);
    committed_ += status.ok();
  }
};

TEST_F(RangeSums, AreTheSameInEveryTransaction) {
  SCOPED_TRACE(seed_text(seed_));
  ASSERT_OK(database_->set(account(0), std::to_string(kTotal)));
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, random = Random(seeds_.next())]() mutable {
      while (!over()) act(random);
    });
  }
  for (std::thread& thread : threads) thread.join();
  Transaction tx = database_->begin();
  EXPECT_EQ(sum(tx, false).value_or(-1), kTotal);
  EXPECT_GT(committed_.load(), 100u);
  EXPECT_GT(database_->statistics().transaction_conflicts, 0u);
}

}  // namespace
}  // namespace ashlar

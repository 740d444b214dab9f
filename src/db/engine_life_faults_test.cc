// Calls of the disk of every kind fail, first to last, in work of every kind that an engine does: each
// answer is an error or right, and when the fault is gone, all that was acknowledged is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/limits.h"
#include "db/engine.h"
#include "env/sim_env.h"

namespace ashlar {
namespace {

// Of all calls of one kind that the work makes, how many are made to fail.
constexpr uint64_t kFaults = 20;

// Begins, uses and ends engines of one folder, and keeps what each key may hold.
class Work {
 public:
  explicit Work(SimEnv& env) : env_(env) {
    options_.memory_budget = Options::kMinimumMemoryBudget;
    options_.env = &env;
    options_.log_archive = "/archive/log";
    options_.scrub_bytes_per_second = 1 << 20;
  }

  void run() {
    if (open()) {
      fill("a");
      tend();
      fill("b");
      change();
      look();
      tend();
      copy("/first");
    }
    if (open()) {
      look();
      change();
      // Scrubbing, log flushes, retries of what failed.
      for (int hour = 0; hour < 4; ++hour) {
        env_.advance(std::chrono::minutes(61));
        env_.run_background();
      }
      fill("c");
    }
    read_only_ = true;
    if (open()) {
      look();
      copy("/second");
    }
    read_only_ = false;
    engine_.reset();
  }

  // Without faults.
  void check() {
    ASSERT_TRUE(open()) << opened_.to_string();
    look();
    ASSERT_EQ(unreadable_, 0);
    for (const auto& [key, values] : possible_) expect_possible(key, get(key));
    VerifyFindings findings;
    const Status verified = engine_->verify(nullptr, &findings);
    EXPECT_TRUE(verified.ok()) << verified.to_string();
    for (const std::string& problem : findings.problems) ADD_FAILURE() << problem;
    for (const std::string& folder : copies_) check_copy(folder);
  }

 private:
  using Value = std::optional<std::string>;

  bool open() {
    engine_.reset();
    unreadable_ = 0;
    Options options = options_;
    options.read_only = read_only_;
    if (read_only_) options.log_archive.clear();
    auto opened = Engine::open("/db", options);
    opened_ = opened.status();
    if (opened.ok()) engine_ = std::move(opened).value();
    return engine_ != nullptr;
  }

  void fill(const std::string& name) {
    for (int i = 0; i < 30; ++i) set(name + std::to_string(i), name + "value");
    set("large", std::string(5000, name.front()));
    set("huge", std::string(kHugeValueBytes + 1, name.front()));
    note({"a3"}, std::nullopt, write([](Commit* commit) { commit->del("a3"); }));
  }
  void change() {
    note({"b10", "b11"}, std::nullopt,
         write([](Commit* commit) { commit->del_range("b10", "b12"); }));
    set("b20", "another");
    // A commit that is given up, with a value file of its own.
    Commit commit;
    const std::string huge(kHugeValueBytes, 'x');
    (void)engine_->add_set("never", huge, 0, &commit);
    engine_->abandon(commit);
  }
  void tend() {
    (void)engine_->flush();
    (void)engine_->compact();
    (void)engine_->sync();
  }
  void look() {
    VerifyFindings findings;
    (void)engine_->verify(nullptr, &findings);
    (void)engine_->estimate_entries("a", "b2");
    (void)engine_->statistics();
    for (const auto& [key, values] : possible_) expect_possible(key, get(key));
    for (const bool reverse : {false, true}) walk(reverse);
  }
  void walk(bool reverse) {
    std::set<std::string> seen;
    const auto cursor = engine_->new_cursor({.reverse = reverse}, nullptr);
    for (; cursor->valid(); cursor->next()) {
      const std::string key(cursor->entry().key);
      expect_possible(key, std::string(cursor->entry().value));
      seen.insert(key);
    }
    if (!cursor->status().ok()) {
      ++unreadable_;
      return;
    }
    for (const auto& [key, values] : possible_) {
      EXPECT_TRUE(seen.contains(key) || values.contains(std::nullopt)) << key << " is not walked by";
    }
  }
  void copy(const std::string& folder) {
    if (engine_->checkpoint(folder).ok()) copies_.push_back(folder);
  }
  void check_copy(const std::string& folder) {
    Options options = options_;
    options.log_archive.clear();
    const auto copied = Engine::open(folder, options);
    ASSERT_TRUE(copied.ok()) << copied.status().to_string();
    VerifyFindings findings;
    EXPECT_TRUE((*copied)->verify(nullptr, &findings).ok());
    EXPECT_TRUE(findings.problems.empty()) << findings.problems.front();
  }

  Status write(const std::function<void(Commit*)>& fill) {
    Commit commit;
    fill(&commit);
    return engine_->write(&commit, {});
  }
  void set(const std::string& key, const std::string& value) {
    note({key}, value, engine_->set(key, value, {}));
  }
  // A write that failed may have happened or not.
  void note(const std::vector<std::string>& keys, const Value& value, const Status& status) {
    for (const std::string& key : keys) {
      std::set<Value>& values = possible_.try_emplace(key, std::set<Value>{Value()}).first->second;
      if (status.ok()) values.clear();
      values.insert(value);
    }
  }
  // Nothing if it can't be read.
  std::optional<Value> get(const std::string& key) {
    const EpochGuard guard;
    FoundEntry found;
    const Status status = engine_->find(key, nullptr, &found);
    if (status.ok()) return std::string(found.value);
    if (status.is(StatusCode::kNotFound)) return Value();
    ++unreadable_;
    return std::nullopt;
  }
  void expect_possible(const std::string& key, const std::optional<Value>& found) {
    if (!found) return;
    const auto values = possible_.find(key);
    ASSERT_NE(values, possible_.end()) << key;
    EXPECT_TRUE(values->second.contains(*found))
        << key << (*found ? " is " + (*found)->substr(0, 40) : " is lost");
  }

  SimEnv& env_;
  Options options_;
  bool read_only_ = false;
  std::unique_ptr<Engine> engine_;
  Status opened_;
  int unreadable_ = 0;  // answers that were errors since it was opened
  std::map<std::string, std::set<Value>> possible_;
  std::vector<std::string> copies_;
};

class EngineLifeFaults : public testing::TestWithParam<SimCall> {};

TEST_P(EngineLifeFaults, EachCallOnceAndForEver) {
  uint64_t calls = 0;
  {
    SimEnv env(1);
    env.record_history(false);
    Work work(env);
    work.run();
    calls = env.calls(GetParam());
  }
  const uint64_t stride = std::max<uint64_t>(calls / kFaults, 1);
  for (uint64_t skip = 0; skip < calls && !HasFailure(); skip += stride) {
    for (const bool lasting : {false, true}) {
      SCOPED_TRACE(std::string(to_string(GetParam())) + " " + std::to_string(skip) +
                   (lasting ? " and all after it" : ""));
      SimEnv env(skip + 1);
      env.record_history(false);
      const StatusCode code = skip % 3 == 2 ? StatusCode::kNoSpace : StatusCode::kIoError;
      env.inject({.call = GetParam(), .skip = skip, .lasting = lasting, .code = code});
      Work work(env);
      work.run();
      env.clear_faults();
      work.check();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Calls, EngineLifeFaults,
    testing::Values(SimCall::kOpen, SimCall::kRead, SimCall::kWrite, SimCall::kSync,
                    SimCall::kAllocate, SimCall::kTruncate, SimCall::kSize, SimCall::kMap,
                    SimCall::kExists, SimCall::kList, SimCall::kCreateFolder,
                    SimCall::kRemoveFolder, SimCall::kRename, SimCall::kRemove, SimCall::kLink,
                    SimCall::kSyncFolder, SimCall::kLock),
    [](const auto& call) {
      std::string name(to_string(call.param));
      std::erase_if(name, [](char c) { return c == ' ' || c == '_'; });
      return name;
    });

}  // namespace
}  // namespace ashlar

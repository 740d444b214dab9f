// Whichever call of the disk fails while an engine is opened, copies itself, verifies, merges or
// scrubs: the error or the right result, and afterwards a database that opens and has everything.
#include <gtest/gtest.h>

#include <map>

#include "base/limits.h"
#include "base/try.h"
#include "db/engine.h"
#include "env/sim_env.h"

namespace ashlar {
namespace {

constexpr SimCall kCalls[] = {
    SimCall::kOpen,   SimCall::kRead, SimCall::kWrite,        SimCall::kSync, SimCall::kAllocate,
    SimCall::kSize,   SimCall::kMap,  SimCall::kExists,       SimCall::kList, SimCall::kRename,
    SimCall::kRemove, SimCall::kLink, SimCall::kCreateFolder, SimCall::kLock, SimCall::kSyncFolder};

Status put(Engine& engine, const std::string& key, const std::string& value) {
  return engine.set(key, value, {});
}

class EngineFaults : public testing::Test {
 protected:
  using Entries = std::map<std::string, std::string>;
  using Work = std::function<Status(SimEnv& env, std::unique_ptr<Engine>* engine)>;

  // A database with a bottom, a run, value files, and commits that only the log has.
  EngineFaults() {
    base_.record_history(false);
    auto engine = Engine::open("db", options(base_)).value();
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 40; ++i) {
        write(*engine, "key" + std::to_string(i * 3 + round),
              std::string(300, static_cast<char>('a' + round)));
      }
      write(*engine, "large" + std::to_string(round), std::string(5000, 'l'));
      if (round == 0) {
        write(*engine, "huge", std::string(kHugeValueBytes + 1, 'h'));
        EXPECT_TRUE(engine->compact().ok());
      } else if (round == 1) {
        EXPECT_TRUE(engine->flush().ok());
      }
    }
  }

  void write(Engine& engine, const std::string& key, const std::string& value) {
    const Status status = put(engine, key, value);
    EXPECT_TRUE(status.ok()) << status.to_string();
    entries_[key] = value;
  }
  static Options options(SimEnv& env) {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.durability = Durability::kProcess;
    options.scrub_bytes_per_second = 0;
    options.env = &env;
    return options;
  }
  std::unique_ptr<SimEnv> world() {
    auto env = base_.after_kill(1);
    env->record_history(false);
    return env;
  }
  static Status open(SimEnv& env, std::unique_ptr<Engine>* engine) {
    ASHLAR_TRY_ASSIGN(*engine, Engine::open("db", options(env)));
    return {};
  }
  void expect_entries(SimEnv& env, const std::string& path) {
    Options reading = options(env);
    reading.create_if_missing = false;
    const auto engine = Engine::open(path, reading);
    ASSERT_TRUE(engine.ok()) << engine.status().to_string();
    const auto cursor = (*engine)->new_cursor({}, nullptr);
    auto wanted = entries_.begin();
    for (; cursor->valid() && wanted != entries_.end(); cursor->next(), ++wanted) {
      ASSERT_EQ(cursor->entry().key, wanted->first);
      ASSERT_EQ(cursor->entry().value, wanted->second) << wanted->first;
    }
    ASSERT_TRUE(cursor->status().ok()) << cursor->status().to_string();
    ASSERT_FALSE(cursor->valid());
    ASSERT_EQ(wanted, entries_.end());
  }

  // Does the work in a world of its own for each call of the kind that it makes, which fails.
  // `judge` sees what the work said, and whether the call failed.
  void fail_each(SimCall call, bool opened, const Work& work,
                 const std::function<void(SimEnv& env, const Status& status, bool failed)>& judge) {
    for (uint64_t skip = 0;; ++skip) {
      SCOPED_TRACE(std::string(to_string(call)) + " " + std::to_string(skip));
      const auto env = world();
      std::unique_ptr<Engine> engine;
      if (opened) {
        ASSERT_TRUE(open(*env, &engine).ok());
        env->run_background();
      }
      const uint64_t before = env->calls(call);
      env->inject({.call = call, .skip = skip});
      const Status status = work(*env, &engine);
      const bool failed = env->calls(call) - before > skip;
      engine.reset();
      env->clear_faults();
      judge(*env, status, failed);
      if (HasFatalFailure() || !failed) return;
    }
  }

  SimEnv base_{1};
  Entries entries_;
};

void expect_ok_or_failed(const Status& status, bool failed) {
  ASSERT_TRUE(status.ok() || (failed && status.is(StatusCode::kIoError))) << status.to_string();
}

TEST_F(EngineFaults, FailedCallWhileOpeningIsReportedAndHarmsNothing) {
  for (const SimCall call : kCalls) {
    fail_each(
        call, false,
        [](SimEnv& env, std::unique_ptr<Engine>* engine) {
          Options with_archive = options(env);
          with_archive.log_archive = "archives/log";
          ASHLAR_TRY_ASSIGN(*engine, Engine::open("db", with_archive));
          return Status();
        },
        [this](SimEnv& env, const Status& status, bool failed) {
          expect_ok_or_failed(status, failed);
          expect_entries(env, "db");
        });
  }
}

TEST_F(EngineFaults, FailedCallWhileOpeningForReadingIsReported) {
  for (const SimCall call :
       {SimCall::kOpen, SimCall::kRead, SimCall::kSize, SimCall::kList, SimCall::kExists}) {
    fail_each(
        call, false,
        [](SimEnv& env, std::unique_ptr<Engine>* engine) -> Status {
          Options reading = options(env);
          reading.read_only = true;
          ASHLAR_TRY_ASSIGN(*engine, Engine::open("db", reading));
          env.run_background();
          VerifyFindings findings;
          ASHLAR_TRY((*engine)->verify({}, &findings));
          return (*engine)->checkpoint("copy");
        },
        [this](SimEnv& env, const Status& status, bool failed) {
          expect_ok_or_failed(status, failed);
          if (status.ok()) expect_entries(env, "copy");
          expect_entries(env, "db");
        });
  }
}

TEST_F(EngineFaults, FailedCallWhileCreatingLeavesAFolderThatCanBecomeADatabase) {
  for (const SimCall call : kCalls) {
    for (uint64_t skip = 0;; ++skip) {
      SCOPED_TRACE(std::string(to_string(call)) + " " + std::to_string(skip));
      SimEnv env(1);
      env.record_history(false);
      env.inject({.call = call, .skip = skip});
      auto created = Engine::open("db", options(env));
      const bool failed = env.calls(call) > skip;
      ASSERT_TRUE(created.ok() || (failed && created.status().is(StatusCode::kIoError)));
      env.clear_faults();
      if (!created.ok()) created = Engine::open("db", options(env));
      ASSERT_TRUE(created.ok()) << created.status().to_string();
      ASSERT_TRUE(put(**created, "k", "v").ok());
      if (!failed) break;
    }
  }
}

TEST_F(EngineFaults, FailedCallWhileCopyingLeavesAWholeCopyOrNone) {
  for (const SimCall call : kCalls) {
    fail_each(
        call, true,
        [](SimEnv&, std::unique_ptr<Engine>* engine) { return (*engine)->checkpoint("copy"); },
        [this](SimEnv& env, const Status& status, bool failed) {
          expect_ok_or_failed(status, failed);
          ASSERT_TRUE(failed || status.ok());
          if (status.ok()) expect_entries(env, "copy");
          if (!status.ok() && env.exists("copy").value()) expect_entries(env, "copy");
          expect_entries(env, "db");
        });
  }
}

TEST_F(EngineFaults, FailedReadIsAFindingOfVerify) {
  for (const SimCall call : {SimCall::kRead, SimCall::kOpen, SimCall::kSize, SimCall::kList}) {
    std::size_t problems = 0;
    fail_each(
        call, true,
        [&problems](SimEnv&, std::unique_ptr<Engine>* engine) {
          VerifyFindings findings;
          const Status status = (*engine)->verify({}, &findings);
          problems = findings.problems.size();
          return status;
        },
        [&](SimEnv&, const Status& status, bool failed) {
          expect_ok_or_failed(status, failed);
          EXPECT_EQ(failed, !status.ok() || problems > 0);
        });
  }
}

TEST_F(EngineFaults, FailedCallWhileMergingLosesNothing) {
  for (const SimCall call : kCalls) {
    fail_each(
        call, true,
        [this](SimEnv& env, std::unique_ptr<Engine>* engine) -> Status {
          entries_.erase("new");
          entries_.erase("new huge");
          Status first;
          for (const auto& [key, value] :
               {std::pair(std::string("new"), std::string("value")),
                std::pair(std::string("new huge"), std::string(kHugeValueBytes, 'n'))}) {
            const Status status = put(**engine, key, value);
            if (status.ok()) entries_[key] = value;
            if (first.ok()) first = status;
          }
          const Status compacted = (*engine)->compact();
          if (first.ok()) first = compacted;
          for (int second = 0; second < 5; ++second) {
            env.advance(std::chrono::seconds(1));
            env.run_background();
          }
          return first;
        },
        [this](SimEnv& env, const Status& status, bool failed) {
          ASSERT_TRUE(status.ok() || failed) << status.to_string();
          ASSERT_TRUE(status.ok() || status.is(StatusCode::kIoError) ||
                      status.is(StatusCode::kReadOnly))
              << status.to_string();
          expect_entries(env, "db");
        });
  }
}

TEST_F(EngineFaults, FailedReadOfTheScrubberIsToldAndItGoesOn) {
  for (const SimCall call : {SimCall::kRead, SimCall::kOpen, SimCall::kSize}) {
    for (uint64_t skip = 0;; ++skip) {
      SCOPED_TRACE(std::string(to_string(call)) + " " + std::to_string(skip));
      const auto env = world();
      uint64_t told = 0;
      Options scrubbing = options(*env);
      scrubbing.scrub_bytes_per_second = uint64_t{16} << 20;
      scrubbing.listener = [&told](const Event& event) {
        told += event.kind == Event::Kind::kCorruptionFound ? 1 : 0;
      };
      const auto engine = Engine::open("db", scrubbing).value();
      ASSERT_TRUE(engine->compact().ok());
      const uint64_t before = env->calls(call);
      env->inject({.call = call, .skip = skip});
      for (int i = 0; i < 2000 && engine->statistics().scrub_passes == 0; ++i) {
        env->advance(std::chrono::milliseconds(10));
        env->run_background();
      }
      const bool failed = env->calls(call) - before > skip;
      env->clear_faults();
      const Statistics statistics = engine->statistics();
      EXPECT_EQ(statistics.scrub_passes, 1u);
      EXPECT_EQ(statistics.scrub_problems, told);
      // Nobody else opens a file then; reads may be those of load_images().
      if (failed && call != SimCall::kRead) {
        EXPECT_EQ(told, 1u);
      }
      if (!failed) {
        EXPECT_EQ(told, 0u);
        EXPECT_GT(skip, 0u);
        break;
      }
    }
  }
}

// --- The log -------------------------------------------------------------------------------------

TEST_F(EngineFaults, LogThatCannotBeWrittenIsToldOnceAndEndsWriting) {
  const auto env = world();
  int told = 0;
  Options listening = options(*env);
  listening.listener = [&told](const Event& event) {
    told += event.kind == Event::Kind::kBecameReadOnly ? 1 : 0;
  };
  const auto engine = Engine::open("db", listening).value();
  ASSERT_TRUE(put(*engine, "before", "v").ok());
  env->inject({.call = SimCall::kWrite, .lasting = true, .path_part = ".log"});
  env->inject({.call = SimCall::kSync, .lasting = true, .path_part = ".log"});
  EXPECT_TRUE(engine->sync().is(StatusCode::kIoError));
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(engine->sync().is(StatusCode::kReadOnly));
  EXPECT_TRUE(put(*engine, "after", "v").is(StatusCode::kReadOnly));
  EXPECT_TRUE(engine->flush().is(StatusCode::kReadOnly));
  EXPECT_TRUE(engine->compact().is(StatusCode::kReadOnly));
  EXPECT_TRUE(engine->wait_for_background().is(StatusCode::kReadOnly));
  EXPECT_FALSE(engine->statistics().writable);
  env->advance(std::chrono::seconds(5));
  env->run_background();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace ashlar

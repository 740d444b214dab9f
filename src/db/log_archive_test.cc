#include "db/log_archive.h"

#include <gtest/gtest.h>

#include "base/try.h"
#include "env/sim_env.h"

namespace ashlar {
namespace {

class LogArchiveTest : public testing::Test {
 protected:
  LogArchiveTest() { write(env_, "000003.log", "segment"); }

  static void write(SimEnv& env, const std::string& path, std::string_view bytes) {
    env.record_history(false);
    const auto file = env.open_file(path, {.mode = OpenMode::kCreate}).value();
    ASSERT_TRUE(file->write(0, bytes).ok());
    ASSERT_TRUE(file->sync().ok());
  }
  static Status fill(SimEnv& env) {
    LogArchive archive(env, "backups/log");
    ASHLAR_TRY(archive.open(7));
    return archive.add("000003.log");
  }

  SimEnv env_{1};
};

TEST_F(LogArchiveTest, TakesAFileOnceByALinkOrACopy) {
  for (const bool linked : {true, false}) {
    SimEnv env(1);
    write(env, "000003.log", "segment");
    if (!linked) env.inject({.call = SimCall::kLink, .lasting = true});
    ASSERT_TRUE(fill(env).ok());
    ASSERT_TRUE(fill(env).ok());
    EXPECT_EQ(env.contents("backups/log/000003.log").value(), "segment");
    EXPECT_EQ(read_archive_owner(env, "backups/log").value(), 7u);
  }
}

TEST_F(LogArchiveTest, CopyThatWasLeftUnfinishedIsMadeAnew) {
  LogArchive archive(env_, "backups/log");
  ASSERT_TRUE(archive.open(7).ok());
  write(env_, "backups/log/000003.log.new", "seg");
  env_.inject({.call = SimCall::kLink, .lasting = true});
  ASSERT_TRUE(archive.add("000003.log").ok());
  EXPECT_EQ(env_.contents("backups/log/000003.log").value(), "segment");
  EXPECT_FALSE(env_.exists("backups/log/000003.log.new").value());
}

TEST_F(LogArchiveTest, BelongsToOneDatabase) {
  ASSERT_TRUE(fill(env_).ok());
  EXPECT_TRUE(LogArchive(env_, "backups/log").open(8).is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(LogArchive(env_, "backups/log").open(7).ok());
}

TEST_F(LogArchiveTest, OwnerThatIsNotNamedIsCorruption) {
  for (const char* text :
       {"", "ashlar log of database ", "ashlar log of database 7", "ashlar log of database x\n",
        "ashlar log of database 07\n", "another program's file\n"}) {
    SimEnv env(1);
    write(env, "ARCHIVE", text);
    EXPECT_TRUE(read_archive_owner(env, ".").status().is(StatusCode::kCorruption)) << text;
  }
  ASSERT_TRUE(fill(env_).ok());
  ASSERT_TRUE(env_.flip_bit("backups/log/ARCHIVE", 8).ok());
  EXPECT_TRUE(LogArchive(env_, "backups/log").open(7).is(StatusCode::kCorruption));
}

// Links fail too, so that files are copied, in the second round.
TEST_F(LogArchiveTest, FailedCallIsReportedAndTheNextTrySucceeds) {
  for (const bool linked : {true, false}) {
    for (const SimCall call : {SimCall::kOpen, SimCall::kRead, SimCall::kWrite, SimCall::kSync,
                               SimCall::kSize, SimCall::kExists, SimCall::kRename, SimCall::kRemove,
                               SimCall::kCreateFolder, SimCall::kSyncFolder}) {
      for (uint64_t skip = 0;; ++skip) {
        SCOPED_TRACE(std::string(to_string(call)) + " " + std::to_string(skip));
        SimEnv env(1);
        write(env, "000003.log", "segment");
        if (!linked) {
          env.inject({.call = SimCall::kLink, .lasting = true});
          ASSERT_TRUE(LogArchive(env, "backups/log").open(7).ok());
          write(env, "backups/log/000003.log.new", "seg");
        }
        const uint64_t before = env.calls(call);
        env.inject({.call = call, .skip = skip});
        const Status status = fill(env);
        const bool failed = env.calls(call) - before > skip;
        ASSERT_EQ(status.ok(), !failed) << status.to_string();
        env.clear_faults();
        ASSERT_TRUE(fill(env).ok());
        EXPECT_EQ(env.contents("backups/log/000003.log").value(), "segment");
        if (!failed) break;
      }
    }
  }
}

}  // namespace
}  // namespace ashlar

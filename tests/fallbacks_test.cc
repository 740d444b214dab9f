// Where the system has no O_DIRECT, no huge pages, and no way to take pages ahead, everything works,
// only slower. This program answers those requests itself, with what such a system says.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <map>
#include <memory>
#include <string>

#include "ashlar/database.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/temporary_folder.h"

namespace {

std::atomic<bool> no_direct{false};
std::atomic<bool> no_huge_pages{false};
std::atomic<int> refused_direct{0};
std::atomic<int> refused_advice{0};

int refuse(std::atomic<int>* count) {
  count->fetch_add(1);
  errno = EINVAL;
  return -1;
}

}  // namespace

extern "C" int fcntl(int descriptor, int command, ...) {
  va_list rest;
  va_start(rest, command);
  const long argument = va_arg(rest, long);
  va_end(rest);
  if (no_direct && command == F_SETFL && (argument & O_DIRECT) != 0) {
    return refuse(&refused_direct);
  }
  return static_cast<int>(syscall(SYS_fcntl, descriptor, command, argument));
}

extern "C" int madvise(void* address, size_t bytes, int advice) noexcept {
  const bool is_new = advice == MADV_HUGEPAGE || advice == MADV_NOHUGEPAGE ||
                      advice == MADV_POPULATE_WRITE;
  if (no_huge_pages && is_new) return refuse(&refused_advice);
  return static_cast<int>(syscall(SYS_madvise, address, bytes, advice));
}

namespace ashlar {
namespace {

class Fallbacks : public testing::Test {
 protected:
  ~Fallbacks() override {
    no_direct = false;
    no_huge_pages = false;
  }

  void open() {
    database_.reset();
    Options options;
    options.memory_budget = std::size_t{128} << 20;
    options.durability = Durability::kProcess;
    auto opened = Database::open(folder_ / "db", options);
    ASSERT_OK(opened);
    database_ = std::move(opened).value();
  }

  // Small and large values through log, memtables, flushes, merges and a reopening.
  void live() {
    open();
    Random random(1);
    std::map<std::string, std::string> model;
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 6000; ++i) {
        const std::string key = "key" + std::to_string(random.below(8000));
        if (random.below(10) == 0) {
          ASSERT_OK(database_->del(key));
          model.erase(key);
          continue;
        }
        const std::string value(random.below(20) == 0 ? 9000 : 120, static_cast<char>('a' + i % 26));
        ASSERT_OK(database_->set(key, value));
        model[key] = value;
      }
      ASSERT_OK(database_->set("synced", std::to_string(round), {.durability = Durability::kDisk}));
      model["synced"] = std::to_string(round);
      if (round == 0) ASSERT_OK(database_->flush());
      if (round == 1) ASSERT_OK(database_->compact());
      open();
    }
    const auto report = database_->verify();
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
    auto wanted = model.begin();
    for (const auto& [key, value] : database_->range("", "")) {
      ASSERT_TRUE(wanted != model.end());
      ASSERT_EQ(key, wanted->first);
      ASSERT_EQ(value, wanted->second);
      ++wanted;
    }
    ASSERT_TRUE(wanted == model.end());
    for (const auto& [key, value] : model) {
      const auto got = database_->get(key);
      ASSERT_OK(got);
      ASSERT_EQ(*got, value);
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(Fallbacks, WithoutDirectFiles) {
  no_direct = true;
  live();
  EXPECT_GT(refused_direct.exchange(0), 0) << "nobody asked for them, so that nothing was tested";
}

TEST_F(Fallbacks, WithoutHugePages) {
  no_huge_pages = true;
  live();
  EXPECT_GT(refused_advice.exchange(0), 0) << "nobody asked for them, so that nothing was tested";
}

TEST_F(Fallbacks, WithoutEither) {
  no_direct = true;
  no_huge_pages = true;
  live();
  EXPECT_GT(refused_direct.exchange(0), 0);
  EXPECT_GT(refused_advice.exchange(0), 0);
}

}  // namespace
}  // namespace ashlar

#include "crash_demo.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>

#include "ashlar/database.h"
#include "console.h"

namespace ashlar::examples {
namespace {

// How many acknowledged writes to see before the kill, and for how long to wait for them.
constexpr uint64_t kEnoughWrites = 2000;
constexpr auto kLongEnough = std::chrono::seconds(3);

std::string key_of(uint64_t number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "crash:%08llu", static_cast<unsigned long long>(number));
  return text.data();
}

std::string value_of(uint64_t number) {
  return "written by the child as number " + std::to_string(number);
}

struct Child {
  pid_t id;
  int acknowledgements;  // read end of the pipe that is the child's standard output
};

Child start_child(const std::string& folder) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) give_up("making a pipe", std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string option = kWriteUntilKilled;
  std::string path = folder;
  std::string name = "quickstart";
  std::array<char*, 4> arguments = {name.data(), option.data(), path.data(), nullptr};
  Child child{0, ends[0]};
  const int error =
      posix_spawn(&child.id, "/proc/self/exe", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) give_up("starting a child process", std::strerror(error));
  return child;
}

// Counts acknowledgements, kills the child once there are enough, and goes on counting those that
// were already in the pipe. Returns their number: the child wrote 0, 1, 2, … in this order.
uint64_t kill_in_the_middle(const Child& child) {
  const auto deadline = std::chrono::steady_clock::now() + kLongEnough;
  uint64_t count = 0;
  bool killed = false;
  uint64_t number = 0;
  while (read(child.acknowledgements, &number, sizeof number) == sizeof number) {
    count = number + 1;
    if (killed || (count < kEnoughWrites && std::chrono::steady_clock::now() < deadline)) continue;
    kill(child.id, SIGKILL);
    killed = true;
  }
  close(child.acknowledgements);
  int status = 0;
  waitpid(child.id, &status, 0);
  if (!WIFSIGNALED(status)) give_up("writing in a child process", "it ended by itself");
  return count;
}

uint64_t count_missing(const Database& db, uint64_t acknowledged) {
  uint64_t missing = 0;
  for (uint64_t number = 0; number < acknowledged; ++number) {
    const auto value = db.get(key_of(number));
    if (!value.ok() || value.value() != value_of(number)) ++missing;
  }
  return missing;
}

}  // namespace

void show_crash(const std::string& folder) {
  {
    auto db = require(Database::open(folder), "opening the database");
    require(db->del_range("crash:", "crash;"), "removing what an earlier run left");
  }
  const Child child = start_child(folder);
  std::printf("  Child process %d is writing …", static_cast<int>(child.id));
  std::fflush(stdout);
  const uint64_t acknowledged = kill_in_the_middle(child);
  std::printf(" killed with SIGKILL after %s acknowledged writes.\n",
              with_commas(acknowledged).c_str());

  const auto start = std::chrono::steady_clock::now();
  auto db = require(Database::open(folder), "opening the database after the kill");
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  const uint64_t missing = count_missing(*db, acknowledged);
  std::printf("  Opened again in %lld ms: %s of %s are there, %s lost.\n",
              static_cast<long long>(took.count()), with_commas(acknowledged - missing).c_str(),
              with_commas(acknowledged).c_str(), with_commas(missing).c_str());
  if (missing > 0) give_up("recovering acknowledged writes", "some are lost");
}

void write_until_killed(const std::string& folder) {
  auto db = require(Database::open(folder), "opening the database in the child");
  for (uint64_t number = 0;; ++number) {
    // Both promises must hold when a process dies.
    const auto durability = number % 2 == 0 ? Durability::kDisk : Durability::kProcess;
    require(db->set(key_of(number), value_of(number), {.durability = durability}),
            "writing in the child");
    if (write(STDOUT_FILENO, &number, sizeof number) != sizeof number) {
      give_up("reporting a write", std::strerror(errno));
    }
  }
}

}  // namespace ashlar::examples

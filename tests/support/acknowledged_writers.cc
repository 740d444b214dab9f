#include "support/acknowledged_writers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <numeric>
#include <thread>

#include "support/expect.h"

namespace ashlar {
namespace {

// What a writer tells its parent through the pipe, in one write that is never torn.
struct Acknowledgement {
  uint64_t writer;
  uint64_t number;  // of the write that is now acknowledged
};

std::string name_of(uint64_t writer) {
  return "w" + std::to_string(writer);
}

// Holds how many writes of a writer are there; outside the writer's own part of the keys.
std::string count_key(uint64_t writer) {
  return "writes of " + name_of(writer);
}

}  // namespace

AcknowledgedWriters::AcknowledgedWriters(uint64_t seed, Durability durability, bool cut_off)
    : durability_(durability), cut_off_(cut_off) {
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    // One in a few hundred values of the last writer is so large that it goes past the log.
    scripts_.emplace_back(seed + writer, name_of(writer) + ":", writer == 2 ? 2'000'000 : 30'000);
  }
}

Options AcknowledgedWriters::options() const {
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.durability = durability_;
  return options;
}

void AcknowledgedWriters::end_writer(const Status& status) const {
  const bool expected =
      cut_off_ && (status.is(StatusCode::kIoError) || status.is(StatusCode::kReadOnly));
  if (!expected) std::fprintf(stderr, "writer: %s\n", status.to_string().c_str());
  _exit(1);
}

void AcknowledgedWriters::write_for_ever(const std::string& folder, int pipe) const {
  auto database = Database::open(folder, options());
  if (!database.ok()) end_writer(database.status());
  std::vector<std::thread> threads;
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      for (uint64_t number = done_[writer];; ++number) {
        Batch batch = scripts_[writer].batch(number);
        batch.set(count_key(writer), std::to_string(number + 1));
        const Status status = (*database)->write(batch);
        if (!status.ok()) end_writer(status);
        const Acknowledgement done{writer, number + 1};
        if (write(pipe, &done, sizeof(done)) != sizeof(done)) _exit(1);
      }
    });
  }
  for (;;) pause();
}

int AcknowledgedWriters::write_until(const std::string& folder, std::chrono::microseconds after,
                                     const std::function<void(pid_t child)>& stop) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = fork();
  EXPECT_GE(child, 0);
  if (child == 0) {
    close(ends[0]);
    write_for_ever(folder, ends[1]);
  }
  close(ends[1]);
  std::thread stopper([&] {
    std::this_thread::sleep_for(after);
    stop(child);
  });
  acknowledged_ = done_;
  Acknowledgement done{};
  while (read(ends[0], &done, sizeof(done)) == sizeof(done)) {
    acknowledged_[done.writer] = done.number;
  }
  stopper.join();
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

void AcknowledgedWriters::check(const std::string& folder, Lost lost) {
  auto database = Database::open(folder, options());
  ASSERT_OK(database);
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    SCOPED_TRACE("writer " + name_of(writer) + ", acknowledged " +
                 std::to_string(acknowledged_[writer]) + ", found before " +
                 std::to_string(done_[writer]));
    const auto text = (*database)->get(count_key(writer));
    if (!text.ok()) EXPECT_CODE(text, kNotFound);
    const uint64_t found = text.ok() ? std::stoull(*text) : 0;
    ASSERT_GE(found, lost == Lost::kNothing ? acknowledged_[writer] : done_[writer]);
    ASSERT_LE(found, acknowledged_[writer] + 1);
    for (; done_[writer] < found; ++done_[writer]) {
      scripts_[writer].apply(done_[writer], &states_[writer]);
    }
    ASSERT_EQ(scripts_[writer].compare(**database, states_[writer]), "");
  }
  const auto report = (*database)->verify();
  ASSERT_OK(report);
  ASSERT_TRUE(report->problems.empty()) << report->problems.front();
}

uint64_t AcknowledgedWriters::written() const {
  return std::accumulate(done_.begin(), done_.end(), uint64_t{0});
}

}  // namespace ashlar

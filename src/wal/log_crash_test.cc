// Logs that are cut off anywhere, again and again, on the simulated disk.
#include <gtest/gtest.h>

#include "env/sim_env.h"
#include "wal/log_test_support.h"

namespace ashlar {
namespace {

constexpr char kFolder[] = "/db";

// What must hold if the world ends between this moment and the next one noted.
struct Promise {
  std::size_t operations = 0;   // of the disk, so far
  uint64_t from = 0;            // where a replay begins
  SequenceNumber first = 1;     // of the commits behind it
  SequenceNumber appended = 0;  // survives the end of the process
  SequenceNumber synced = 0;    // survives a power cut
};

// A database that has nothing but a log, over many incarnations.
class Survivor {
 public:
  Survivor(uint64_t seed, bool prewrite)
      : seed_(seed),
        random_(seed),
        options_{.segment_bytes = 16 << 10, .ring_bytes = 16 << 10, .prewrite = prewrite},
        sim_(std::make_unique<SimEnv>(seed)) {}

  void run(int incarnations) {
    ASSERT_TRUE(sim_->create_folder(kFolder).ok());
    ASSERT_TRUE(sim_->sync_folder("/").ok());
    for (int i = 0; i < incarnations && !testing::Test::HasFatalFailure(); ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed_) + ", incarnation " + std::to_string(i));
      sim_->forget_history();
      incarnation_ = static_cast<std::size_t>(i);
      promises_.clear();
      promise();
      live(i == 0);
      log_.reset();
      if (!testing::Test::HasFatalFailure()) crash();
    }
  }

 private:
  void promise() {
    now_.operations = sim_->operation_count();
    promises_.push_back(now_);
  }

  // Each incarnation has commits of other sizes, so that one cannot pass for another's.
  std::size_t choose_size(SequenceNumber sequence) {
    const uint64_t draw = sequence * 7919 + incarnation_ * 104729 + seed_;
    if (draw % 37 == 0) return draw % 60000;
    return draw % 3 == 0 ? draw % 5000 : draw % 300;
  }

  void live(bool is_first) {
    if (is_first) {
      open({0, 1}, {});
    } else {
      recover();
    }
    if (!log_ || testing::Test::HasFatalFailure()) return;
    const uint64_t steps = random_.below(60);
    fault_injected_ = random_.below(4) == 0;
    if (fault_injected_) {
      sim_->inject({.call = SimCall::kWrite,
                    .skip = random_.below(20),
                    .lasting = false,
                    .code = random_.below(2) == 0 ? StatusCode::kIoError : StatusCode::kNoSpace,
                    .bytes = random_.below(3) * 512,
                    .path_part = ".log"});
    }
    for (uint64_t i = 0; i < steps; ++i) {
      if (!step()) break;
    }
    sim_->clear_faults();
    sim_->set_capacity(UINT64_MAX);
  }

  // Whether the log still lives.
  bool step() {
    switch (random_.below(12)) {
      case 0:
      case 1:
        return sync();
      case 2:
        return write_out();
      case 3:
        release();
        return true;
      case 4:
        sim_->set_capacity(random_.below(2) == 0 ? UINT64_MAX
                                                 : sim_->used_bytes() + random_.below(8192));
        return true;
      default:
        return append();
    }
  }

  bool append() {
    const SequenceNumber sequence = now_.appended + 1;
    sizes_.resize(sequence + 1);
    sizes_[sequence] = choose_size(sequence);
    const TestCommit commit = make_commit(sequence, sizes_[sequence]);
    uint64_t end = 0;
    const Status status = log_->append(sequence, commit.operations, commit.digest, &end);
    if (status.is(StatusCode::kNoSpace)) return true;
    if (!status.ok()) return died(status);
    now_.appended = sequence;
    ends_.resize(sequence + 1);
    ends_[sequence] = end;
    promise();
    return true;
  }

  bool sync() {
    const Status status = log_->sync(log_->end());
    if (!status.ok()) return died(status);
    now_.synced = now_.appended;
    promise();
    return true;
  }

  bool write_out() {
    const bool plainly = random_.below(2) == 0;
    const Status status = log_->write_out(plainly ? LogWriter::Reach::kSegments
                                                  : LogWriter::Reach::kStableStorage);
    if (!status.ok()) return died(status);
    if (!plainly) now_.synced = now_.appended;
    promise();
    return true;
  }

  // A log dies of the faults that were injected and of nothing else; then it stays dead.
  bool died(const Status& status) {
    EXPECT_TRUE(status.is(StatusCode::kIoError)) << status.to_string();
    EXPECT_TRUE(fault_injected_) << status.to_string();
    EXPECT_TRUE(log_->write_out(LogWriter::Reach::kSegments).is(StatusCode::kReadOnly));
    return false;
  }

  void release() {
    if (now_.appended < now_.first) return;
    const SequenceNumber last = now_.first + random_.below(now_.appended - now_.first + 1);
    now_.from = ends_[last];
    now_.first = last + 1;
    promise();
    EXPECT_TRUE(log_->release(now_.from).ok());
  }

  void open(const LogStart& start, std::vector<SegmentInfo> existing) {
    Result<std::unique_ptr<LogWriter>> log = LogWriter::create(
        *sim_, kFolder, options_, start, [this] { return ++number_; }, std::move(existing),
        nullptr);
    ASSERT_TRUE(log.ok()) << log.status().to_string();
    log_ = std::move(log).value();
  }

  void recover() {
    const Result<LogEnd> end = replay(now_);
    ASSERT_TRUE(end.ok()) << end.status().to_string();
    ASSERT_TRUE(complete_newest_segment(*sim_, kFolder, *end).ok());
    open({end->position, now_.appended + 1}, end->segments);
    if (!log_) return;
    for (const uint64_t number : end->leftovers) {
      ASSERT_TRUE(sim_->remove(segment_path(kFolder, number)).ok());
    }
  }

  // Reads the log; afterwards found_ is the last commit of an unbroken, right sequence of them.
  Result<LogEnd> replay(const Promise& promise) {
    found_ = promise.first - 1;
    Result<LogEnd> end = replay_log(*sim_, kFolder, promise.from, [&](const LogFrame& frame) {
      EXPECT_EQ(frame.sequence, ++found_);
      EXPECT_LT(frame.sequence, sizes_.size());
      if (frame.sequence < sizes_.size()) {
        EXPECT_EQ(frame.operations, make_commit(frame.sequence, sizes_[frame.sequence]).operations);
      }
      ends_.resize(std::max<std::size_t>(ends_.size(), frame.sequence + 1));
      ends_[frame.sequence] = frame.position + kFrameHeaderBytes + frame.operations.size();
      return Status();
    });
    if (end.ok()) {
      EXPECT_LE(end->last_sequence, std::max(found_, now_.appended));
    }
    return end;
  }

  void crash() {
    SimCrash points = sim_->crash_points();
    // Not before there is a log at all.
    std::size_t first = 0;
    if (incarnation_ == 0) {
      if (promises_.size() < 2) promises_.push_back({sim_->operation_count(), 0, 1, 0, 0});
      promises_.erase(promises_.begin());
      first = promises_.front().operations;
    }
    const std::size_t at = first + random_.below(points.operation_count() - first + 1);
    points.advance_to(at);
    std::size_t index = 0;
    while (index + 1 < promises_.size() && promises_[index + 1].operations <= at) ++index;
    const Promise kept = promises_[index];
    SequenceNumber possible = sizes_.empty() ? 0 : sizes_.size() - 1;
    possible = std::max(possible, kept.appended);
    const bool power_cut = random_.below(2) == 0;
    sim_ = sim_->restart(power_cut ? points.image(points.random_fates(&random_)) : points.killed(),
                         random_.below(UINT64_MAX));

    const Result<LogEnd> end = replay(kept);
    ASSERT_TRUE(end.ok()) << end.status().to_string() << (power_cut ? " power cut" : " kill");
    EXPECT_GE(found_, std::max(power_cut ? kept.synced : kept.appended, kept.first - 1))
        << (power_cut ? "power cut" : "kill");
    ASSERT_LE(found_, possible);
    now_ = kept;
    now_.appended = found_;
    now_.synced = found_;
    sizes_.resize(found_ + 1);
  }

  const uint64_t seed_;
  SimRandom random_;
  const LogOptions options_;
  std::unique_ptr<SimEnv> sim_;
  std::unique_ptr<LogWriter> log_;
  std::size_t incarnation_ = 0;
  bool fault_injected_ = false;
  uint64_t number_ = 0;
  Promise now_;
  std::vector<Promise> promises_;
  std::vector<std::size_t> sizes_;  // of each commit's value
  std::vector<uint64_t> ends_;      // position behind each commit
  SequenceNumber found_ = 0;
};

TEST(LogCrash, WhatWasPromisedIsThereAfterEveryCrash) {
  for (uint64_t seed = 1; seed <= 200 && !testing::Test::HasFailure(); ++seed) {
    Survivor(seed, seed % 2 == 0).run(8);
  }
}

}  // namespace
}  // namespace ashlar

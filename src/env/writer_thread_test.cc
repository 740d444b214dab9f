#include "env/writer_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <new>
#include <string>
#include <thread>

namespace ashlar {
namespace {

TEST(WriterThread, TellsHowEachPieceEnded) {
  WriterThread writer;
  EXPECT_TRUE(writer.end().ok());  // nothing was begun
  for (int i = 0; i < 100; ++i) {
    std::string done;  // not atomic: end() is what makes it known
    writer.begin([&done, i] {
      done = std::to_string(i);
      return i % 3 == 0 ? Status::no_space(done) : Status();
    });
    const Status ended = writer.end();
    EXPECT_EQ(done, std::to_string(i));
    EXPECT_EQ(ended.ok(), i % 3 != 0);
    EXPECT_EQ(ended.message(), i % 3 == 0 ? done : "");
    EXPECT_TRUE(writer.end().ok()) << "an error is told once";
  }
}

TEST(WriterThread, WhatIsThrownReachesTheCaller) {
  WriterThread writer;
  writer.begin([]() -> Status { throw std::bad_alloc(); });
  EXPECT_THROW(static_cast<void>(writer.end()), std::bad_alloc);
  writer.begin([] { return Status(); });
  EXPECT_TRUE(writer.end().ok());
}

TEST(WriterThread, LeavesTheCallerFreeMeanwhile) {
  std::atomic<bool> goes_on{false};
  WriterThread writer;
  writer.begin([&goes_on] {
    while (!goes_on) std::this_thread::yield();
    return Status();
  });
  goes_on = true;
  EXPECT_TRUE(writer.end().ok());
}

TEST(WriterThread, EndsOnlyWithWhatWasBegun) {
  bool done = false;
  {
    WriterThread writer;
    writer.begin([&done] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      done = true;
      return Status();
    });
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace ashlar

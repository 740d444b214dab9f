// A thread that writes for another, one piece at a time, so that the other need not wait for the
// device.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "ashlar/status.h"

namespace ashlar {

// Threads: one at a time calls begin() and end().
class WriterThread {
 public:
  WriterThread() : thread_([this] { run(); }) {}
  ~WriterThread();  // waits for what was begun
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  // Nothing may be under way.
  void begin(std::function<Status()> write);
  // Waits for what was begun; how it ended, and throws what it threw. Ok if nothing was.
  Status end();

 private:
  void run();

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::function<Status()> write_;  // empty: nothing is under way
  Status ended_;
  std::exception_ptr thrown_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ashlar

#include "env/writer_thread.h"

#include <utility>

#include "base/check.h"

namespace ashlar {

WriterThread::~WriterThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void WriterThread::begin(std::function<Status()> write) {
  {
    const std::lock_guard lock(mutex_);
    ASHLAR_CHECK(!write_);
    write_ = std::move(write);
  }
  changed_.notify_all();
}

Status WriterThread::end() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !write_; });
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return std::exchange(ended_, Status());
}

void WriterThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return write_ || stopping_; });
    if (!write_) return;
    lock.unlock();
    Status ended;
    std::exception_ptr thrown;
    try {
      ended = write_();
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    ended_ = std::move(ended);
    thrown_ = std::move(thrown);
    write_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace ashlar

// A query at work, for the person who waits for it: how far it is, and Control-C.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tools/interrupt.h"
#include "tools/progress_bar.h"

namespace ashlar::tools {

// Draws on standard error while it lives, until quiet() is called. Threads: one.
class QueryWatch {
 public:
  explicit QueryWatch(const std::string& command) { bar_.emplace(stderr, command, "looked at"); }

  // For QueryOptions::progress. The watch must outlive it.
  std::function<bool(uint64_t)> progress() {
    return [this](uint64_t looked_at) {
      if (bar_) bar_->update(looked_at, 0, looked_at);
      return !interrupted();
    };
  }

  // From now on results are printed where the bar would be.
  void quiet() { bar_.reset(); }

 private:
  std::optional<ProgressBar> bar_;
};

}  // namespace ashlar::tools

// One line on a terminal that says how far a long command is:
//
//   import  [=========>          ]  47 %  28,412 entries  41,200/s  0.8s left
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace ashlar::tools {

// How far something is. `total` 0 means that it is not known.
struct ProgressState {
  uint64_t done = 0;   // in any unit; bytes read, say
  uint64_t total = 0;  // in the same unit
  uint64_t items = 0;  // counted and rated for the person
  std::chrono::milliseconds elapsed{0};
};

// The line, at most `columns` wide.
std::string render_progress(std::string_view label, std::string_view item_name,
                            const ProgressState& state, std::size_t columns);

// Draws at most ten times a second, not at all in the first moments, and clears its line when it
// ends. Threads: one.
class ProgressBar {
 public:
  // Draws nothing unless `to` is a terminal.
  ProgressBar(std::FILE* to, std::string label, std::string item_name);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  bool visible() const { return to_ != nullptr; }
  void update(uint64_t done, uint64_t total, uint64_t items);
  std::chrono::milliseconds elapsed() const;

 private:
  using Clock = std::chrono::steady_clock;

  std::FILE* to_;
  std::string label_;
  std::string item_name_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point next_draw_ = begin_ + std::chrono::milliseconds(200);
  bool drawn_ = false;
};

}  // namespace ashlar::tools

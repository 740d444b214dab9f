#include "tools/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "tools/terminal.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

constexpr std::size_t kBarCells = 20;
constexpr std::chrono::milliseconds kDrawInterval{100};

std::string bar(double part) {
  const auto full = static_cast<std::size_t>(part * kBarCells);
  std::string cells(full, '=');
  if (full < kBarCells) cells += '>';
  cells.resize(kBarCells, ' ');
  return cells;
}

}  // namespace

std::string render_progress(std::string_view label, std::string_view item_name,
                            const ProgressState& state, std::size_t columns) {
  std::string line(label);
  const double part =
      state.total == 0
          ? 0
          : std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
  if (state.total != 0) line += fmt::format("  [{}] {:3.0f} %", bar(part), std::floor(part * 100));
  line += fmt::format("  {} {}", human_count(state.items), item_name);
  const auto elapsed_ms = static_cast<double>(state.elapsed.count());
  if (elapsed_ms > 0) {
    const double rate = static_cast<double>(state.items) * 1000 / elapsed_ms;
    line += fmt::format("  {}/s", human_count(static_cast<uint64_t>(rate)));
  }
  if (part > 0) {
    const auto left_ms = static_cast<int64_t>(elapsed_ms * (1 - part) / part);
    line += fmt::format("  {} left", human_duration(std::chrono::milliseconds(left_ms)));
  }
  if (line.size() > columns) line.resize(columns);
  return line;
}

ProgressBar::ProgressBar(std::FILE* to, std::string label, std::string item_name)
    : to_(isatty(fileno(to)) ? to : nullptr),
      label_(std::move(label)),
      item_name_(std::move(item_name)) {}

ProgressBar::~ProgressBar() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", to_);
  std::fflush(to_);
}

void ProgressBar::update(uint64_t done, uint64_t total, uint64_t items) {
  if (!visible()) return;
  const auto now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + kDrawInterval;
  const ProgressState state{done, total, items, elapsed()};
  const std::string line =
      render_progress(label_, item_name_, state, terminal_columns(fileno(to_)) - 1);
  std::fprintf(to_, "\r%s\x1b[K", line.c_str());
  std::fflush(to_);
  drawn_ = true;
}

std::chrono::milliseconds ProgressBar::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_);
}

}  // namespace ashlar::tools

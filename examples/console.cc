#include "console.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace ashlar::examples {

std::string with_commas(uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string with_unit(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 1000 && unit + 1 < kUnits.size()) {
    amount /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", amount, kUnits[unit]);
  return text.data();
}

void give_up(std::string_view doing, std::string_view why) {
  std::fflush(stdout);
  std::fprintf(stderr, "quickstart: %.*s failed: %.*s\n", static_cast<int>(doing.size()),
               doing.data(), static_cast<int>(why.size()), why.data());
  std::exit(1);
}

ProgressBar::ProgressBar(uint64_t total)
    : total_(std::max<uint64_t>(total, 1)), terminal_(isatty(STDOUT_FILENO) == 1) {}

void ProgressBar::show(uint64_t done, std::string_view text) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now < next_) return;
  next_ = now + std::chrono::milliseconds(50);
  constexpr uint64_t kWidth = 30;
  const uint64_t filled = std::min(done, total_) * kWidth / total_;
  const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  std::printf("\r  [%s] %3d %%  %.*s\033[K", bar.c_str(),
              static_cast<int>(std::min(done, total_) * 100 / total_),
              static_cast<int>(text.size()), text.data());
  std::fflush(stdout);
}

void ProgressBar::clear() {
  if (!terminal_) return;
  std::printf("\r\033[K");
  std::fflush(stdout);
}

}  // namespace ashlar::examples

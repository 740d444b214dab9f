// What steps cost, roughly: microseconds on a machine of today, with the data in memory.
#pragma once

#include <cmath>

namespace ashlar {

inline constexpr double kScanCost = 1.2;   // a document read in order, and parsed
inline constexpr double kEntryCost = 0.4;  // an index's entry
inline constexpr double kFetchCost = 3.0;  // a document read by its key, and parsed
inline constexpr double kStartCost = 5.0;  // of a range
// Of the documents that a filter sees, as long as nothing better is known.
inline constexpr double kUnknownSelectivity = 0.3;

inline double sort_cost(double rows) {
  return 0.15 * rows * std::log2(rows + 2);
}

}  // namespace ashlar

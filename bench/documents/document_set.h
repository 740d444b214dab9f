// The documents that every store gets: users of about 300 bytes, the same for the same count.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace docbench {

struct Document {
  std::string key;   // "user:" and twelve digits
  std::string json;  // name, age, city, tags, address, score, rank, about
};

inline constexpr int kCities = 200;
inline constexpr int kCountries = 30;
inline constexpr int kLeastAge = 18;
inline constexpr int kAges = 72;
// `rank` is a permutation of the documents' numbers; `score` is another one, times this, so that
// sums of scores are exact whatever their order.
inline constexpr double kScoreStep = 0.25;

// In the order of their keys.
std::vector<Document> make_documents(uint64_t count);

std::string key_of(uint64_t number);
std::string name_of(uint64_t number);
std::string city_of(uint64_t number);

}  // namespace docbench

#include "document_set.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <random>

namespace docbench {
namespace {

constexpr const char* kTags[] = {"new",  "loyal", "press",  "staff", "trial", "gold",
                                 "team", "mail",  "mobile", "beta",  "quiet", "owner"};
constexpr const char* kWords[] = {"river",  "stone", "amber", "north", "light",
                                  "garden", "paper", "cloud", "maple", "harbor"};
constexpr int kAboutWords = 16;

std::vector<uint64_t> permutation(uint64_t count, std::mt19937_64* random) {
  std::vector<uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::shuffle(numbers.begin(), numbers.end(), *random);
  return numbers;
}

template <std::size_t kCount>
const char* one_of(const char* const (&words)[kCount], std::mt19937_64* random) {
  return words[(*random)() % kCount];
}

std::string format(const char* pattern, unsigned long long number) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, number);
  return text;
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

std::string tags(std::mt19937_64* random) {
  std::string text = "[";
  for (uint64_t left = 1 + (*random)() % 4; left > 0; --left) {
    text += quoted(one_of(kTags, random));
    if (left > 1) text += ',';
  }
  return text + ']';
}

std::string address(std::mt19937_64* random) {
  return "{\"street\":" + quoted(format("%llu High Street", 1 + (*random)() % 400)) +
         ",\"zip\":" + quoted(format("%05llu", (*random)() % 100000)) +
         ",\"country\":" + quoted(format("country%02llu", (*random)() % kCountries)) + '}';
}

std::string about(std::mt19937_64* random) {
  std::string text;
  for (int word = 0; word < kAboutWords; ++word) {
    if (word > 0) text += ' ';
    text += one_of(kWords, random);
  }
  return quoted(text);
}

std::string score(uint64_t step) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", static_cast<double>(step) * kScoreStep);
  return text;
}

}  // namespace

std::string key_of(uint64_t number) {
  return format("user:%012llu", number);
}
std::string name_of(uint64_t number) {
  return format("Person %llu of Somewhere", number);
}
std::string city_of(uint64_t number) {
  return format("city%03llu", number % kCities);
}

std::vector<Document> make_documents(uint64_t count) {
  std::mt19937_64 random(count);
  const std::vector<uint64_t> scores = permutation(count, &random);
  const std::vector<uint64_t> ranks = permutation(count, &random);
  std::vector<Document> documents;
  documents.reserve(count);
  for (uint64_t number = 0; number < count; ++number) {
    std::string json = "{\"name\":" + quoted(name_of(number));
    json += ",\"age\":" + std::to_string(kLeastAge + random() % kAges);
    json += ",\"city\":" + quoted(city_of(random()));
    json += ",\"tags\":" + tags(&random);
    json += ",\"address\":" + address(&random);
    json += ",\"score\":" + score(scores[number]);
    json += ",\"rank\":" + std::to_string(ranks[number]);
    json += ",\"about\":" + about(&random) + '}';
    documents.push_back({key_of(number), std::move(json)});
  }
  return documents;
}

}  // namespace docbench

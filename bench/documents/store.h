// What is asked of each store, and how it answers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "document_set.h"

namespace docbench {

enum class Question : unsigned char {
  kByName,        // name = text: one document, by an index
  kScoreRange,    // the 100 smallest scores from low on, below high: in an index's order
  kCityAndAge,    // city = text and age = low, by an index on both
  kBestScores,    // the 100 largest scores: an index's order
  kTopRanks,      // the 10 largest ranks: no index
  kCountRanks,    // how many ranks below low: no index
  kCountCountry,  // how many documents with address.country = text and age >= low: no index
  kTagged,        // how many documents with text among their tags: no index
  kGroupCountry,  // by address.country: number, sum of scores, average age: no index
  kDistinctCountry,
  kCountCity,     // how many documents with city = text: the index alone
  kDistinctCity,  // the index alone
  kUpdateCity,    // rank = low where city = text: found by an index, changes none
  kUpdateAges,    // age = low where city = text: found by an index, changes it
  kDeleteCity,    // city = text and age < low
};
inline constexpr int kQuestions = static_cast<int>(Question::kDeleteCity) + 1;

struct Parameters {
  std::string text;
  double low = 0;
  double high = 0;
};

// What came back: comparable between stores, whatever the order of rows.
struct Answer {
  uint64_t rows = 0;
  uint64_t sum = 0;  // of the hashes of the rows

  void add(std::string_view key, std::string_view value) {
    ++rows;
    sum += std::hash<std::string_view>()(key) * 31 + std::hash<std::string_view>()(value);
  }
  friend bool operator==(const Answer&, const Answer&) = default;
};

enum class Durability : unsigned char { kProcess, kDisk };

struct StoreOptions {
  std::string folder;
  Durability durability = Durability::kProcess;
  uint64_t cache_bytes = 0;
  bool rowid = false;  // SQLite: a table with row numbers and an index on the key
};

// Failures end the program.
class Store {
 public:
  virtual ~Store() = default;
  virtual const char* name() const = 0;
  virtual void open(const StoreOptions& options) = 0;
  virtual void close() = 0;
  // One commit.
  virtual void set(const Document& document) = 0;
  // One commit.
  virtual void set_all(const Document* documents, std::size_t count) = 0;
  // On "name"; on "city" and "age"; on "score".
  virtual void index_name() = 0;
  virtual void index_city_age() = 0;
  virtual void index_score() = 0;
  // Work that was put off is done.
  virtual void settle() = 0;
  virtual Answer ask(Question question, const Parameters& parameters) = 0;
};

std::unique_ptr<Store> make_ashlar_store();
std::unique_ptr<Store> make_sqlite_store();

[[noreturn]] void fail(const std::string& message);

}  // namespace docbench

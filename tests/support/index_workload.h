// Random writes of documents, and random indexes over them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ashlar/database.h"
#include "support/random.h"

namespace ashlar {

// Draws from a seed; few keys and few values, so that everything meets.
//
// Threads: one at a time.
class IndexWorkload {
 public:
  explicit IndexWorkload(Random* random) : random_(*random) {}

  std::string key();
  // A document in most cases; sometimes no JSON.
  std::string value();
  // From and to; sometimes all.
  std::pair<std::string, std::string> range();
  std::string index_name();
  IndexOptions index_options();

 private:
  std::string member();

  Random& random_;
};

// What verify() finds wrong with the indexes and files; empty if nothing.
std::string problems_of(const Database& database);

}  // namespace ashlar

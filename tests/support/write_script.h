// An endless list of writes to one part of the key space, given by a seed: what a process that is
// killed was doing, and what must be found afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ashlar/database.h"
#include "support/recipe.h"

namespace ashlar {

// The entries under a prefix, as recipes.
using ScriptState = std::map<std::string, Recipe>;

// Threads: one.
class WriteScript {
 public:
  // Keys begin with `prefix`; values have up to `largest` bytes.
  WriteScript(uint64_t seed, std::string prefix, uint32_t largest)
      : seed_(seed), prefix_(std::move(prefix)), largest_(largest) {}

  // Write `number` as a batch: one, or several that belong together.
  Batch batch(uint64_t number) const;
  // What write `number` does to the state before it.
  void apply(uint64_t number, ScriptState* state) const;

  // Reads everything under the prefix and compares; an empty string, or what differs.
  std::string compare(const Database& database, const ScriptState& expected) const;

  const std::string& prefix() const { return prefix_; }

 private:
  struct Write {
    Batch::Operation operation;
    std::string key, end;
    Recipe recipe;
  };
  std::vector<Write> writes(uint64_t number) const;

  uint64_t seed_;
  std::string prefix_;
  uint32_t largest_;
};

}  // namespace ashlar

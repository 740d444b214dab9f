#include "support/write_script.h"

#include <vector>

namespace ashlar {
namespace {

constexpr uint64_t kKeys = 400;

}  // namespace

std::vector<WriteScript::Write> WriteScript::writes(uint64_t number) const {
  Random random(seed_ ^ (number * 0x2545f4914f6cdd1du));
  const auto key = [&](uint64_t i) { return prefix_ + std::to_string(1000 + i); };
  std::vector<Write> out;
  const uint64_t count = random.one_in(4) ? random.between(2, 12) : 1;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t first = random.below(kKeys);
    if (random.one_in(60)) {
      const uint64_t end = std::min(kKeys, first + random.below(30));
      out.push_back({Batch::Operation::kDeleteRange, key(first), key(end), {}});
    } else if (random.one_in(6)) {
      out.push_back({Batch::Operation::kDelete, key(first), {}, {}});
    } else {
      const Recipe recipe{random.next(), random_value_bytes(random, largest_)};
      out.push_back({Batch::Operation::kSet, key(first), {}, recipe});
    }
  }
  return out;
}

Batch WriteScript::batch(uint64_t number) const {
  Batch batch;
  for (const Write& write : writes(number)) {
    switch (write.operation) {
      case Batch::Operation::kSet:
        batch.set(write.key, write.recipe.make());
        break;
      case Batch::Operation::kDelete:
        batch.del(write.key);
        break;
      case Batch::Operation::kDeleteRange:
        batch.del_range(write.key, write.end);
        break;
    }
  }
  return batch;
}

void WriteScript::apply(uint64_t number, ScriptState* state) const {
  for (const Write& write : writes(number)) {
    switch (write.operation) {
      case Batch::Operation::kSet:
        (*state)[write.key] = write.recipe;
        break;
      case Batch::Operation::kDelete:
        state->erase(write.key);
        break;
      case Batch::Operation::kDeleteRange:
        state->erase(state->lower_bound(write.key), state->lower_bound(write.end));
        break;
    }
  }
}

std::string WriteScript::compare(const Database& database, const ScriptState& expected) const {
  const auto range = database.prefix(prefix_);
  auto want = expected.begin();
  for (const Entry& entry : range) {
    if (want == expected.end() || entry.key < want->first) {
      return "there is " + std::string(entry.key) + ", which should not be";
    }
    if (entry.key != want->first) return want->first + " is missing";
    if (entry.value != want->second.make()) return want->first + " has a wrong value";
    ++want;
  }
  if (!range.status().ok()) return range.status().to_string();
  if (want != expected.end()) return want->first + " is missing";
  return {};
}

}  // namespace ashlar

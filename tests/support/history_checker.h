// A judge of what concurrent transactions saw, which knows nothing of the engine.
//
// From the observations it infers the order of each key's versions, from that which transaction
// must have come before which other, and looks for a cycle: none exists if and only if some serial
// order explains everything that was seen (Adya, "Weak Consistency", 1999; inference from lists as
// in Kingsbury & Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations",
// VLDB 2020).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ashlar {

// One read or write of a client. Values are not 0, and each is written to a key by one operation.
struct ObservedOperation {
  enum class Kind : unsigned char {
    kReadList,  // saw `list`
    kAppend,    // added `value` to the list
    kRead,      // saw `value`; 0: no such key
    kWrite,     // replaced `previous` (0: no such key), which it had seen, by `value`
  };
  Kind kind = Kind::kReadList;
  uint32_t key = 0;
  uint64_t value = 0;
  uint64_t previous = 0;
  std::vector<uint64_t> list;
};

struct ObservedTransaction {
  // By one clock: before the call that began it, and after the one that ended it.
  uint64_t begin_ns = 0;
  uint64_t end_ns = 0;
  bool committed = false;  // false: certainly not
  std::vector<ObservedOperation> operations;
};

struct Anomaly {
  // Adya's and Elle's names: G0, G1a, G1b, G1c, G-single, G2, with "-realtime" if the order of time
  // is part of the cycle; besides, "lost update", "incompatible order", "internal" (a transaction
  // that does not see its own writes) and "garbage" (a value that nobody wrote).
  std::string name;
  std::string description;  // the transactions, and why each comes before the next
};

// The first anomaly found; nothing if the committed transactions are strictly serializable. A key
// holds either lists or single values. Some committed transaction must read every list at the end.
std::optional<Anomaly> find_anomaly(const std::vector<ObservedTransaction>& history);

}  // namespace ashlar

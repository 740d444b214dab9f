// What a layer above writes along with the keys that a transaction writes: entries of indexes.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "ashlar/status.h"

namespace ashlar {

class TransactionState;

// The rules at one moment. Keys are stored keys.
//
// Threads: any; never changes.
class WriteCompanion {
 public:
  virtual ~WriteCompanion() = default;
  // The number of these rules: a commit made under them fails once the engine has others.
  virtual uint64_t rules() const = 0;
  // Whether something has to be written along with this key, or with some key in [from, to).
  virtual bool covers(std::string_view key) const = 0;
  virtual bool covers_some_of(std::string_view from, std::string_view to) const = 0;
  // Called before the transaction takes the write, for covered keys; write along what belongs to
  // it. After an error the transaction takes back what was written here and refuses the write.
  virtual Status before_set(TransactionState* transaction, std::string_view key,
                            std::string_view value, uint64_t expires_at_ms) const = 0;
  virtual Status before_del(TransactionState* transaction, std::string_view key) const = 0;
  virtual Status before_del_range(TransactionState* transaction, std::string_view from,
                                  std::string_view to) const = 0;
};

// Where transactions get the rules from.
//
// Threads: any.
class WriteCompanionSource {
 public:
  virtual ~WriteCompanionSource() = default;
  virtual std::shared_ptr<const WriteCompanion> current() const = 0;
};

}  // namespace ashlar

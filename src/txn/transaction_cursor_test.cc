#include "txn/transaction_cursor.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "env/sim_random.h"
#include "txn/txn_test_support.h"

namespace ashlar {
namespace {

class TransactionCursorTest : public TransactionTest {
 protected:
  using Map = std::map<std::string, std::string>;

  std::string key() { return "k" + std::string(1, static_cast<char>('a' + random_.below(12))); }
  std::string bound() { return random_.below(6) == 0 ? "" : key(); }

  // A random write, to the transaction and to the map.
  void write(Transaction& tx, Map* map) {
    const std::string k = key();
    const std::string value = std::to_string(random_.below(1000));
    switch (random_.below(5)) {
      case 0:
      case 1:
        ASSERT_TRUE(tx.set(k, value).ok());
        (*map)[k] = value;
        break;
      case 2:
        ASSERT_TRUE(tx.del(k).ok());
        map->erase(k);
        break;
      case 3: {
        const std::string end = bound();
        if (!end.empty() && end < k) break;
        ASSERT_TRUE(tx.del_range(k, end).ok());
        map->erase(map->lower_bound(k), end.empty() ? map->end() : map->lower_bound(end));
        break;
      }
      default:
        ASSERT_TRUE(tx.set(k, value, std::chrono::hours(1)).ok());
        (*map)[k] = value;
        break;
    }
  }

  // The entry that a range shows next, after `last` (null: none yet).
  static const Map::value_type* next_of(const Map& map, const CursorBounds& bounds,
                                        const std::string* last) {
    const auto inside = [&](const std::string& k) {
      return k >= bounds.from && (bounds.to.empty() || k < bounds.to);
    };
    if (!bounds.reverse) {
      const auto next = last == nullptr ? map.lower_bound(bounds.from) : map.upper_bound(*last);
      return next != map.end() && inside(next->first) ? &*next : nullptr;
    }
    const auto end = last != nullptr     ? map.lower_bound(*last)
                     : bounds.to.empty() ? map.end()
                                         : map.lower_bound(bounds.to);
    if (end == map.begin()) return nullptr;
    const auto next = std::prev(end);
    return inside(next->first) ? &*next : nullptr;
  }

  // Reads a random range to its end; with `writes`, writes between the steps.
  void read_range(Transaction& tx, Map* map, bool writes) {
    CursorBounds bounds{bound(), bound(), random_.below(2) == 0,
                        random_.below(3) == 0 ? random_.below(4) : UINT64_MAX};
    EntryRange range = tx.range(bounds.from, bounds.to, bounds.reverse, bounds.limit);
    std::string last;
    uint64_t shown = 0;
    const Map::value_type* expected = bounds.limit == 0 ? nullptr : next_of(*map, bounds, nullptr);
    for (auto it = range.begin(); it != range.end(); ++it) {
      ASSERT_NE(expected, nullptr) << (*it).key;
      ASSERT_EQ((*it).key, expected->first);
      ASSERT_EQ((*it).value, expected->second);
      last = expected->first;
      ++shown;
      if (writes && random_.below(2) == 0) write(tx, map);
      expected = shown == bounds.limit ? nullptr : next_of(*map, bounds, &last);
    }
    ASSERT_TRUE(range.status().ok()) << range.status().to_string();
    ASSERT_EQ(expected, nullptr) << expected->first << " is missing";
  }

  void run(bool writes) {
    for (int run = 0; run < 60 && !HasFatalFailure(); ++run) {
      del_range("", "");
      Map map;
      for (uint64_t i = random_.below(10); i > 0; --i) {
        const std::string k = key();
        set(k, map[k] = "base " + std::to_string(i));
      }
      move_to(static_cast<Place>(run % 3));
      for (uint64_t i = random_.below(3); i > 0; --i) {
        const std::string k = key();
        map.erase(k);
        del(k);
      }
      Transaction tx = begin();
      // Not the transaction's: it must not be seen.
      set("kf", "later");
      for (int step = 0; step < 30 && !HasFatalFailure(); ++step) {
        if (random_.below(3) == 0) write(tx, &map);
        read_range(tx, &map, writes);
      }
      ASSERT_EQ(all(tx), Entries(map.begin(), map.end()));
    }
  }

  SimRandom random_{3};
};

TEST_F(TransactionCursorTest, MergesSnapshotAndOwnWritesInOrder) {
  run(false);
}

TEST_F(TransactionCursorTest, SeesWritesThatAreMadeAheadOfItWhileItIsOpen) {
  run(true);
}

TEST_F(TransactionCursorTest, AnEmptyOrInvertedRangeIsEmpty) {
  set("a", "1");
  Transaction tx = begin();
  ASSERT_TRUE(tx.set("b", "2").ok());
  EXPECT_TRUE(tx.range("b", "b").to_vector().empty());
  EXPECT_TRUE(tx.range("c", "a").to_vector().empty());
  EXPECT_TRUE(tx.range("c", "a", true).to_vector().empty());
  EXPECT_EQ(tx.count().value_or(0), 2u);
  EXPECT_EQ(tx.keys("b").to_vector(), std::vector<std::string>{"b"});
}

// [TXN-1] A range that is given up counts as read as far as it went, and no farther.
TEST_F(TransactionCursorTest, ARangeIsReadAsFarAsItWasConsumed) {
  // Present: b d f h. The changes happen to keys that are there and keys between them.
  const auto present = [&] {
    del_range("", "");
    for (const char* k : {"b", "d", "f", "h"}) set(k, "1");
  };
  for (const bool reverse : {false, true}) {
    for (uint64_t consumed = 0; consumed <= 4; ++consumed) {
      for (const bool limited : {false, true}) {
        for (char changed = 'a'; changed <= 'i'; ++changed) {
          present();
          Transaction tx = begin();
          {
            // Limited: the range ends by itself; else it is left. Not started, it has still looked
            // at its first entry.
            const uint64_t limit = limited ? consumed : UINT64_MAX;
            const EntryRange range = tx.range("b", "i", reverse, limit);
            uint64_t left = consumed;
            for (auto it = range.begin(); it != range.end() && left > 1; ++it) --left;
          }
          const std::string k(1, changed);
          set(k, "2");
          ASSERT_TRUE(tx.set("z", "mine").ok());
          const uint64_t seen = limited ? consumed : std::max<uint64_t>(consumed, 1);
          bool inside = false;
          if (seen > 0) {
            const char last =
                static_cast<char>(reverse ? 'h' - 2 * (seen - 1) : 'b' + 2 * (seen - 1));
            inside = reverse ? changed >= last && changed < 'i' : changed >= 'b' && changed <= last;
          }
          ASSERT_EQ(code_of(tx.commit()), inside ? StatusCode::kConflict : StatusCode::kOk)
              << "reverse " << reverse << ", consumed " << consumed << ", limited " << limited
              << ", changed " << k;
        }
      }
    }
  }
}

TEST_F(TransactionCursorTest, ARangeReadToItsEndIncludesTheEmptySpaceBehindTheLastEntry) {
  for (const bool reverse : {false, true}) {
    for (const char* changed : {"c", "czzz", "e", "d", "a"}) {
      del_range("", "");
      set("d", "1");
      Transaction tx = begin();
      ASSERT_EQ(tx.range("c", "e", reverse).to_vector().size(), 1u);
      ASSERT_TRUE(tx.set("z", "mine").ok());
      set(changed, "2");
      const std::string k = changed;
      EXPECT_EQ(code_of(tx.commit()), k >= "c" && k < "e" ? StatusCode::kConflict : StatusCode::kOk)
          << k;
    }
  }
}

TEST_F(TransactionCursorTest, RangesOverNothingCountAsRead) {
  set("a", "1", std::chrono::milliseconds(5));
  set("b", "1");
  env_.advance(std::chrono::milliseconds(10));
  del("b");
  for (const Place place : {Place::kMemtable, Place::kRun, Place::kMerged}) {
    for (const bool reverse : {false, true}) {
      Transaction tx = begin();
      ASSERT_TRUE(tx.prefix("", reverse).to_vector().empty());
      ASSERT_TRUE(tx.set("mine", "1").ok());
      set("b", "2");
      del("b");
      move_to(place);
      const Status status = tx.commit();
      EXPECT_EQ(status.code(), StatusCode::kConflict);
      EXPECT_NE(status.message().find("'b'"), std::string_view::npos) << status.to_string();
    }
  }
}

TEST_F(TransactionCursorTest, KeysThatOwnWritesHideStillCountAsRead) {
  set("b", "1");
  Transaction tx = begin();
  ASSERT_TRUE(tx.del_range("a", "d").ok());
  EXPECT_TRUE(tx.range("a", "d").to_vector().empty());
  set("c", "new");
  EXPECT_EQ(code_of(tx.commit()), StatusCode::kConflict);
}

}  // namespace
}  // namespace ashlar

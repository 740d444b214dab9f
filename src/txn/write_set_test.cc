#include "txn/write_set.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "env/sim_random.h"

namespace ashlar {
namespace {

std::string value_of(const WriteSet& writes, std::string_view key) {
  if (const WriteSet::Write* write = writes.find(key)) {
    return write->kind == EntryKind::kSet ? std::string(write->value) : "deleted";
  }
  return writes.deletes(key) ? "deleted" : "not written";
}

std::string keys_of(const WriteSet& writes) {
  std::string keys;
  const WriteSet::Write* write = writes.next_point("", false);
  for (; write != nullptr; write = writes.next_point(write->key, true))
    keys.append(write->key).append(" ");
  return keys;
}

std::string keys_backwards(const WriteSet& writes) {
  std::string keys;
  const WriteSet::Write* write = writes.previous_point("");
  for (; write != nullptr; write = writes.previous_point(write->key))
    keys.append(write->key).append(" ");
  return keys;
}

TEST(WriteSet, TheLastWriteOfAKeyCounts) {
  WriteSet writes;
  EXPECT_TRUE(writes.empty());
  writes.set("a", "1", 0);
  writes.set("a", "2", 77);
  EXPECT_EQ(value_of(writes, "a"), "2");
  EXPECT_EQ(writes.find("a")->expires_at_ms, 77u);
  writes.del("a");
  EXPECT_EQ(value_of(writes, "a"), "deleted");
  writes.set("a", "3", 0);
  EXPECT_EQ(value_of(writes, "a"), "3");
  EXPECT_EQ(value_of(writes, "b"), "not written");
  EXPECT_FALSE(writes.empty());
}

TEST(WriteSet, PointsComeInKeyOrderWhateverTheOrderOfWriting) {
  WriteSet writes;
  for (const char* key : {"c", "a", "d", "b", "a"}) writes.set(key, "", 0);
  EXPECT_EQ(keys_of(writes), "a b c d ");
  EXPECT_EQ(keys_backwards(writes), "d c b a ");
  EXPECT_EQ(writes.next_point("b", false)->key, "b");
  EXPECT_EQ(writes.next_point("b", true)->key, "c");
  EXPECT_EQ(writes.next_point("d", true), nullptr);
  EXPECT_EQ(writes.previous_point("b")->key, "a");
  EXPECT_EQ(writes.previous_point("a"), nullptr);
}

TEST(WriteSet, ARangeDeletionCoversEarlierWritesAndNotLaterOnes) {
  WriteSet writes;
  for (const char* key : {"a", "b", "c", "d"}) writes.set(key, "1", 0);
  writes.del_range("b", "d");
  writes.set("c", "2", 0);
  EXPECT_EQ(value_of(writes, "a"), "1");
  EXPECT_EQ(value_of(writes, "b"), "deleted");
  EXPECT_EQ(value_of(writes, "bb"), "deleted");
  EXPECT_EQ(value_of(writes, "c"), "2");
  EXPECT_EQ(value_of(writes, "d"), "1");
  EXPECT_EQ(keys_of(writes), "a c d ");
}

TEST(WriteSet, ARangeDeletionWithoutEndReachesToTheLastKey) {
  WriteSet writes;
  writes.set("a", "1", 0);
  writes.set("\xff\xff", "1", 0);
  writes.del_range("b", "");
  EXPECT_EQ(value_of(writes, "a"), "1");
  EXPECT_EQ(value_of(writes, "\xff\xff"), "deleted");
  EXPECT_EQ(value_of(writes, "\xff\xff\xff"), "deleted");
}

TEST(WriteSet, RollingBackUndoesWhatCameBehindTheMark) {
  WriteSet writes;
  writes.set("a", "1", 0);
  writes.set("b", "1", 0);
  writes.mark("one");
  writes.set("a", "2", 0);
  writes.del("b");
  writes.set("c", "2", 0);
  writes.del_range("a", "z");
  EXPECT_TRUE(writes.rollback_to("one"));
  EXPECT_EQ(value_of(writes, "a"), "1");
  EXPECT_EQ(value_of(writes, "b"), "1");
  EXPECT_EQ(value_of(writes, "c"), "not written");
  EXPECT_EQ(writes.size(), 2u);
  EXPECT_EQ(keys_of(writes), "a b ");
}

TEST(WriteSet, AMarkStaysWhenRolledBackToAndThoseBehindItGo) {
  WriteSet writes;
  writes.mark("one");
  writes.set("a", "1", 0);
  writes.mark("two");
  writes.set("a", "2", 0);
  EXPECT_TRUE(writes.rollback_to("one"));
  EXPECT_TRUE(writes.empty());
  EXPECT_FALSE(writes.rollback_to("two"));
  writes.set("b", "3", 0);
  EXPECT_TRUE(writes.rollback_to("one"));
  EXPECT_TRUE(writes.empty());
  EXPECT_FALSE(writes.rollback_to("none"));
}

TEST(WriteSet, ALaterMarkOfTheSameNameHidesTheEarlier) {
  WriteSet writes;
  writes.mark("m");
  writes.set("a", "1", 0);
  writes.mark("m");
  writes.set("a", "2", 0);
  EXPECT_TRUE(writes.rollback_to("m"));
  EXPECT_EQ(value_of(writes, "a"), "1");
}

// Against a map, with a copy of it for each mark.
TEST(WriteSet, AgreesWithAMap) {
  SimRandom random(7);
  for (int run = 0; run < 200; ++run) {
    WriteSet writes;
    std::map<std::string, std::string> model;
    std::vector<std::pair<std::string, std::map<std::string, std::string>>> marks;
    const auto key = [&] { return std::string(1, static_cast<char>('a' + random.below(8))); };
    const auto touch = [&](const std::string& k, const std::string& value) { model[k] = value; };
    for (int step = 0; step < 40; ++step) {
      const std::string k = key();
      switch (random.below(6)) {
        case 0:
        case 1:
          writes.set(k, std::to_string(step), 0);
          touch(k, std::to_string(step));
          break;
        case 2:
          writes.del(k);
          touch(k, "deleted");
          break;
        case 3: {
          const std::string end = random.below(5) == 0 ? "" : key();
          if (!end.empty() && end <= k) break;
          writes.del_range(k, end);
          for (char c = k[0]; c <= 'h' && (end.empty() || c < end[0]); ++c) {
            touch(std::string(1, c), "deleted");
          }
          break;
        }
        case 4:
          marks.emplace_back(std::to_string(random.below(3)), model);
          writes.mark(marks.back().first);
          break;
        default: {
          const std::string name = std::to_string(random.below(3));
          std::size_t at = marks.size();
          while (at > 0 && marks[at - 1].first != name) --at;
          ASSERT_EQ(writes.rollback_to(name), at > 0);
          if (at == 0) break;
          marks.resize(at);
          model = marks.back().second;
          break;
        }
      }
      for (char c = 'a'; c <= 'h'; ++c) {
        const std::string k2(1, c);
        const auto found = model.find(k2);
        ASSERT_EQ(value_of(writes, k2), found == model.end() ? "not written" : found->second);
      }
    }
  }
}

// Against a list of all keys, on which each operation is done one by one.
TEST(WriteSet, AgreesWithAListWhateverIsWrittenAndUndone) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    WriteSet writes;
    std::vector<std::map<char, std::string>> states(1);  // after each write
    const auto key_at = [](char key) { return std::string(1, key); };
    for (int step = 0; step < 200; ++step) {
      std::map<char, std::string> next = states.back();
      const char key = static_cast<char>('a' + random() % 12);
      const char end = static_cast<char>('a' + random() % 14);
      switch (random() % 4) {
        case 0:
          next[key] = std::to_string(step);
          writes.set(key_at(key), next[key], 0);
          break;
        case 1:
          next[key] = "deleted";
          writes.del(key_at(key));
          break;
        case 2: {
          const bool open = end >= 'a' + 12;
          if (!open && end <= key) continue;
          for (char each = key; open ? each < 'a' + 12 : each < end; ++each) next[each] = "gone";
          writes.del_range(key_at(key), open ? "" : key_at(end));
          break;
        }
        default:
          if (random() % 8 != 0) continue;
          states.resize(1 + random() % states.size());
          writes.truncate(states.size() - 1);
          next = states.back();
          states.pop_back();
      }
      states.push_back(std::move(next));
      for (char each = 'a'; each < 'a' + 12; ++each) {
        const auto expected = states.back().find(each);
        const WriteSet::Write* const write = writes.find(key_at(each));
        if (expected == states.back().end()) {
          ASSERT_TRUE(write == nullptr && !writes.deletes(key_at(each))) << each;
        } else if (expected->second == "gone") {
          ASSERT_TRUE(write == nullptr && writes.deletes(key_at(each))) << each;
        } else {
          ASSERT_EQ(value_of(writes, key_at(each)), expected->second) << each;
        }
      }
    }
  }
}

}  // namespace
}  // namespace ashlar

// One writer, and readers and iterators beside it; meant for ThreadSanitizer too.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "memtable/memtable_test_support.h"

namespace ashlar {
namespace {

constexpr SequenceNumber kWrites = 20'000;
constexpr uint64_t kKeys = 200;

std::string key_of(uint64_t number) {
  return "key:" + std::to_string(number * 2654435761 % kKeys);
}

class BesideAWriter : public testing::Test {
 protected:
  void work_ahead() {
    while (visible_.load(std::memory_order_acquire) < kWrites) {
      if (!memtable_->touch_ahead()) std::this_thread::yield();
      if (memtable_->wants_sorting()) memtable_->sort_ahead();
    }
  }

  void write_all() {
    for (SequenceNumber i = 1; i <= kWrites; ++i) {
      if (i % 500 == 0) {
        memtable_.del_range("key:1", "key:2", i);
      } else {
        memtable_.set(key_of(i), i, std::to_string(i));
      }
      visible_.store(i, std::memory_order_release);
    }
  }

  // What is visible must be readable, and never newer than asked for.
  void read(uint64_t seed) {
    std::mt19937_64 random(seed);
    for (SequenceNumber visible = 0; visible < kWrites;) {
      visible = visible_.load(std::memory_order_acquire);
      if (visible == 0 || visible % 500 == 0) continue;
      EntryView entry;
      const std::string newest = key_of(visible);
      ASSERT_TRUE(memtable_.shared()->get(newest, hash_key(newest), visible, &entry));
      ASSERT_EQ(entry.sequence, visible);
      ASSERT_EQ(entry.value, std::to_string(visible));
      const std::string any = key_of(random() % kKeys);
      if (!memtable_.shared()->get(any, hash_key(any), visible, &entry)) continue;
      ASSERT_LE(entry.sequence, visible);
      ASSERT_EQ(entry.value, std::to_string(entry.sequence));
      ASSERT_EQ(entry.key, any);
    }
  }

  // Of each key, one version, and none newer than what was visible.
  void iterate_at() {
    for (SequenceNumber visible = 0; visible < kWrites;) {
      visible = visible_.load(std::memory_order_acquire);
      const auto it = memtable_.shared()->new_iterator_at(visible);
      std::string last_key;
      for (it->seek_first(); it->valid(); it->next()) {
        const EntryView& entry = it->entry();
        ASSERT_TRUE(last_key.empty() || last_key < entry.key);
        ASSERT_LE(entry.sequence, visible);
        ASSERT_EQ(entry.value, std::to_string(entry.sequence));
        last_key = entry.key;
      }
    }
  }

  // Iterators are in order, and hold everything that was visible when they were made.
  void iterate() {
    for (SequenceNumber visible = 0; visible < kWrites;) {
      visible = visible_.load(std::memory_order_acquire);
      const auto it = memtable_.shared()->new_iterator();
      SequenceNumber seen = 0;
      std::string last_key;
      SequenceNumber last_sequence = 0;
      for (it->seek_first(); it->valid(); it->next()) {
        const EntryView& entry = it->entry();
        ASSERT_TRUE(last_key.empty() ||
                    entry_before(last_key, last_sequence, entry.key, entry.sequence));
        last_key = entry.key;
        last_sequence = entry.sequence;
        seen += entry.sequence <= visible;
      }
      ASSERT_EQ(seen, visible - visible / 500);
      ASSERT_GE(memtable_.shared()->range_tombstones().all().size(), visible / 500);
    }
  }

  TestMemtable memtable_{std::size_t{16} << 20};
  std::atomic<SequenceNumber> visible_{0};
};

TEST_F(BesideAWriter, ReadersAndIteratorsSeeWhatIsVisible) {  // [MEM-1] [HASH-2]
  std::vector<std::thread> threads;
  threads.emplace_back([this] { read(1); });
  threads.emplace_back([this] { read(2); });
  threads.emplace_back([this] { iterate(); });
  threads.emplace_back([this] { iterate_at(); });
  threads.emplace_back([this] { iterate(); });
  threads.emplace_back([this] { work_ahead(); });
  write_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ashlar

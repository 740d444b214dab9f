#include "base/epoch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace ashlar {
namespace {

TEST(Epoch, WithoutReadersTheNextCollectionFrees) {
  RetireList list;
  int freed = 0;
  list.retire([&] { ++freed; });
  EXPECT_EQ(freed, 0);
  EXPECT_EQ(list.collect(), 0u);
  EXPECT_EQ(freed, 1);
}

TEST(Epoch, ReaderInsideHoldsUpWhatIsRetiredThen) {
  RetireList list;
  int freed = 0;
  {
    const EpochGuard outer;
    list.retire([&] { ++freed; });
    {
      const EpochGuard nested;
      list.retire([&] { ++freed; });
    }
    EXPECT_EQ(list.collect(), 2u);
    EXPECT_EQ(freed, 0);
  }
  EXPECT_EQ(list.collect(), 0u);
  EXPECT_EQ(freed, 2);
}

TEST(Epoch, ReaderThatCameLaterHoldsNothingUp) {
  RetireList list;
  int freed = 0;
  std::atomic<int> stage = 0;
  std::thread early([&] {
    const EpochGuard guard;
    stage = 1;
    stage.notify_all();
    stage.wait(1);
  });
  stage.wait(0);
  list.retire([&] { ++freed; });
  EXPECT_EQ(freed, 0);
  const EpochGuard late;
  stage = 2;
  stage.notify_all();
  early.join();
  EXPECT_EQ(list.collect(), 0u);
  EXPECT_EQ(freed, 1);
}

TEST(Epoch, EndOfTheListFreesTheRest) {
  int freed = 0;
  auto list = std::make_unique<RetireList>();
  {
    const EpochGuard guard;
    list->retire([&] { ++freed; });
  }
  list.reset();
  EXPECT_EQ(freed, 1);
}

TEST(Epoch, FreeingMayRetireMore) {
  RetireList list;
  int freed = 0;
  list.retire([&] { list.retire([&] { ++freed; }); });
  EXPECT_EQ(list.collect(), 1u);
  EXPECT_EQ(list.collect(), 0u);
  EXPECT_EQ(freed, 1);
}

// What is retired while a collection goes on may be held by readers that came meanwhile.
TEST(Epoch, ACollectionLeavesWhatIsRetiredMeanwhile) {  // [EPOCH-3]
  RetireList list;
  std::optional<EpochGuard> reader;
  int freed = 0;
  list.retire([&] {
    reader.emplace();
    list.retire([&] { ++freed; });
  });
  EXPECT_EQ(list.collect(), 1u);
  EXPECT_EQ(freed, 0);
  reader.reset();
  EXPECT_EQ(list.collect(), 0u);
  EXPECT_EQ(freed, 1);
}

// Readers follow a pointer that a writer keeps replacing. A freed object is poisoned, and with a
// sanitizer also a use after free or a race.
TEST(Epoch, ReadersNeverSeeFreedObjects) {
  struct Object {
    std::atomic<uint64_t> alive{0x600d};
    ~Object() { alive = 0xdead; }
  };
  RetireList list;
  std::atomic<Object*> current{new Object};
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> reads = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      do {
        const EpochGuard guard;
        const Object* const object = current.load(std::memory_order_acquire);
        for (int look = 0; look < 3; ++look) ASSERT_EQ(object->alive.load(), 0x600du);
        reads.fetch_add(1, std::memory_order_relaxed);
      } while (!stop);
    });
  }
  for (int i = 0; i < 20000; ++i) {
    Object* const old = current.exchange(new Object, std::memory_order_acq_rel);
    list.retire([old] { delete old; });
    list.collect();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(list.collect(), 0u);
  EXPECT_GE(reads, 3u);
  delete current.load();
}

// Slots of ended threads are used again: a reader of a new thread still counts.
TEST(Epoch, ThreadsComeAndGo) {
  RetireList list;
  for (int i = 0; i < 200; ++i) {
    std::atomic<int> freed = 0;
    std::thread([&] {
      const EpochGuard guard;
      list.retire([&] { ++freed; });
      EXPECT_EQ(freed, 0);
    }).join();
    EXPECT_EQ(list.collect(), 0u);
    EXPECT_EQ(freed, 1);
  }
}

}  // namespace
}  // namespace ashlar

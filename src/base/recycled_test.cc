#include "base/recycled.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace ashlar {
namespace {

struct Thing final : public Recycled<Thing> {
  explicit Thing(int number) : value(number) {}
  int value;
};

TEST(Recycled, GivesTheMemoryOfTheLastObjectToTheNextOne) {
  auto first = std::make_unique<Thing>(1);
  const void* const memory = first.get();
  first.reset();
  const auto second = std::make_unique<Thing>(2);
  EXPECT_EQ(second.get(), memory);
  EXPECT_EQ(second->value, 2);
}

TEST(Recycled, ManyObjectsLiveSideBySide) {
  auto a = std::make_unique<Thing>(1);
  auto b = std::make_unique<Thing>(2);
  auto c = std::make_unique<Thing>(3);
  a.reset();
  b.reset();
  const auto d = std::make_unique<Thing>(4);
  const auto e = std::make_unique<Thing>(5);
  EXPECT_EQ(c->value + d->value + e->value, 12);
}

TEST(Recycled, AnObjectMayBeDroppedByAnotherThread) {
  for (int i = 0; i < 3; ++i) {
    auto thing = std::make_unique<Thing>(i);
    std::thread([moved = std::move(thing)]() mutable { moved.reset(); }).join();
  }
}

TEST(Recycled, SharedObjectsToo) {
  auto first = std::allocate_shared<int>(RecyclingAllocator<int>(), 1);
  const void* const memory = first.get();
  first.reset();
  const auto second = std::allocate_shared<int>(RecyclingAllocator<int>(), 2);
  EXPECT_EQ(second.get(), memory);
  EXPECT_EQ(*second, 2);
}

}  // namespace
}  // namespace ashlar

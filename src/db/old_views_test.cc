#include "db/old_views.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

// A view that keeps the end of its own life in view.
const ReadView* make_view(const std::shared_ptr<int>& token) {
  auto* const view = new ReadView;
  view->version = std::shared_ptr<const Version>(new Version, [token](const Version* version) {
    ++*token;
    delete version;
  });
  return view;
}

TEST(OldViews, WaitUntilTheyAreFreed) {
  const auto freed = std::make_shared<int>(0);
  OldViews views;
  EXPECT_TRUE(views.add(make_view(freed)));
  EXPECT_TRUE(views.add(make_view(freed)));
  EXPECT_EQ(*freed, 0);
  views.free();
  EXPECT_EQ(*freed, 2);
  views.free();
  EXPECT_EQ(*freed, 2);
}

TEST(OldViews, WhatGoesWithAnotherIsFreedWithIt) {
  const auto freed = std::make_shared<int>(0);
  OldViews views;
  auto* const outer = new ReadView;
  outer->version = std::shared_ptr<const Version>(new Version, [&](const Version* version) {
    EXPECT_FALSE(views.add(make_view(freed)));
    delete version;
  });
  EXPECT_TRUE(views.add(outer));
  views.free();
  EXPECT_EQ(*freed, 1);
  EXPECT_TRUE(views.add(make_view(freed)));
  EXPECT_EQ(*freed, 1);
  views.free();
}

}  // namespace
}  // namespace ashlar

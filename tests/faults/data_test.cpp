// SPDX-License-Identifier: Apache-2.0
// What each kind of wrong data does to the bytes of a buffer.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "device/fault_data.hpp"

namespace cardwise {
namespace {

template <class Real>
std::vector<Real> spoiled(FaultKind kind, std::vector<Real> values) {
  spoil(std::as_writable_bytes(std::span(values)), kind, sizeof(Real), false);
  return values;
}

template <class Real>
class Spoil : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(Spoil, Reals);

TYPED_TEST(Spoil, ChangesWhatItsNameSays) {
  using V = std::vector<TypeParam>;
  const V values{1, 2, 2, 3, 4, 4};
  EXPECT_EQ(spoiled(FaultKind::first, values), (V{2, 2, 2, 3, 4, 4}));
  EXPECT_EQ(spoiled(FaultKind::last, values), (V{1, 2, 2, 3, 4, 5}));
  EXPECT_EQ(spoiled(FaultKind::swap, values), (V{1, 2, 2, 4, 3, 4}));
  EXPECT_EQ(spoiled(FaultKind::zero, values), (V{0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(spoiled(FaultKind::constant, values), (V{1, 1, 1, 1, 1, 1}));
  for (const TypeParam x : spoiled(FaultKind::nan, values)) EXPECT_TRUE(std::isnan(x));
  const V bit = spoiled(FaultKind::bit, values);
  EXPECT_EQ(bit[3], std::nextafter(TypeParam(3), TypeParam(4)));
  EXPECT_EQ((V{bit[0], bit[1], bit[2], bit[4], bit[5]}), (V{1, 2, 2, 4, 4}));
}

TYPED_TEST(Spoil, SwapLooksBeforeTheMiddleToo) {
  using V = std::vector<TypeParam>;
  EXPECT_EQ(spoiled(FaultKind::swap, V{1, 2, 3, 3, 3, 3}), (V{2, 1, 3, 3, 3, 3}));
  EXPECT_EQ(spoiled(FaultKind::swap, V{1, 1, 1}), (V{1, 1, 1}));
  EXPECT_EQ(spoiled(FaultKind::swap, V{1}), V{1});
}

TYPED_TEST(Spoil, RaisingPoisonChangesIt) {
  using V = std::vector<TypeParam>;
  EXPECT_EQ(spoiled(FaultKind::first, V{TypeParam(NAN), 1}), (V{0, 1}));
}

TEST(SpoilGuard, LeavesTheDataAloneAndDataKindsTheGuard) {
  std::vector<std::byte> buffer(8 + fault_guard_bytes, std::byte{0xA5});
  std::vector<std::byte> whole = buffer, guard = buffer;
  spoil(whole, FaultKind::zero, 4, true);
  spoil(guard, FaultKind::guard, 4, true);

  EXPECT_EQ(whole[7], std::byte{0});
  EXPECT_TRUE(std::equal(whole.begin() + 8, whole.end(), buffer.begin() + 8));
  EXPECT_TRUE(std::equal(guard.begin(), guard.begin() + 8, buffer.begin()));
  EXPECT_NE(guard, buffer);
}

}  // namespace
}  // namespace cardwise

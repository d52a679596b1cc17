// SPDX-License-Identifier: Apache-2.0
// CARDWISE_FAULT is read as documented, and what it does not mean is refused.
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "device/fault_plan.hpp"

namespace cardwise {
namespace {

TEST(FaultPlan, ReadsSeveralFaultsWithAllKeys) {
  const std::vector<Fault> faults = parse_faults(
      "rank=1,call=launch,nth=20,count=3,kind=error,entry=cw_saxpy,backend=cuda,step=measure;"
      "rank=all,kind=slow,factor=1.5");

  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].rank, 1);
  EXPECT_EQ(faults[0].call, FaultCall::launch);
  EXPECT_EQ(faults[0].kind, FaultKind::error);
  EXPECT_EQ(faults[0].nth, 20u);
  EXPECT_EQ(faults[0].count, 3u);
  EXPECT_EQ(faults[0].entry, "cw_saxpy");
  EXPECT_EQ(faults[0].backend, "cuda");
  EXPECT_EQ(faults[0].step, "measure");
  EXPECT_FALSE(faults[1].rank);
  EXPECT_EQ(faults[1].factor, 1.5);
}

TEST(FaultPlan, TheCallFollowsFromTheKindWhereItMust) {
  EXPECT_EQ(parse_faults("kind=bit")[0].call, FaultCall::launch);
  EXPECT_EQ(parse_faults("kind=oom")[0].call, FaultCall::allocate);
  EXPECT_EQ(parse_faults("kind=timer-zero")[0].call, FaultCall::elapsed);
  EXPECT_EQ(parse_faults("kind=timer-wrapped")[0].call, FaultCall::elapsed);
  EXPECT_EQ(parse_faults("kind=previous")[0].call, FaultCall::read);
  EXPECT_EQ(parse_faults("kind=stale")[0].kind, FaultKind::skip);
}

TEST(FaultPlan, EveryKindAndCallIsReadBackByItsName) {
  for (const char* kind :
       {"error",         "lost",     "oom",        "hang",        "skip",
        "abort",         "segv",     "timer-zero", "timer-equal", "timer-reversed",
        "timer-wrapped", "previous", "bit",        "first",       "last",
        "swap",          "zero",     "nan",        "constant",    "guard"})
    EXPECT_STREQ(name_of(parse_faults(std::string("kind=") + kind)[0].kind), kind);
  for (const char* call : {"queue", "allocate", "load", "launch", "write", "read", "copy", "fill",
                           "mark", "wait", "elapsed"})
    EXPECT_STREQ(name_of(parse_faults(std::string("kind=error,call=") + call)[0].call), call);
}

TEST(FaultPlan, RefusesWhatItDoesNotKnowAndSaysTheGrammar) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "plants nothing"},
      {";", "plants nothing"},
      {"rank=1", "needs kind="},
      {"kind=broken", "kind=broken is unknown"},
      {"kind=error,call=open", "call=open is unknown"},
      {"kind=error,node=1", "the key node is unknown"},
      {"kind=error,rank=-1", "rank=-1"},
      {"kind=error,rank=one", "rank=one"},
      {"kind=error,step=lunch", "step=lunch is unknown"},
      {"kind=error,visit=0", "visit=0"},
      {"kind=previous,call=launch", "kind=previous cannot be planted in call=launch"},
      {"kind=error,nth=0", "nth=0"},
      {"kind=error,nth=2x", "nth=2x"},
      {"kind=error,,", "no key=value"},
      {"error", "'error' is no key=value"},
      {"kind=slow", "needs factor= or ms="},
      {"kind=error,ms=3", "needs factor= or ms="},
      {"kind=slow,factor=0.5", "factor=0.5"},
      {"kind=slow,factor=nan", "factor=nan"},
      {"kind=slow,factor=2,call=read", "factor= goes with"},
      {"kind=bit,call=wait", "kind=bit cannot be planted in call=wait"},
      {"kind=timer-zero,call=launch", "cannot be planted in call=launch"},
      {"kind=error,call=read,entry=cw_saxpy", "entry= goes with"},
      {"kind=error,backend=vulkan", "backend=vulkan"},
      {"kind=error,entry=", "names no kernel"}};
  for (const auto& [text, says] : cases) {
    try {
      parse_faults(text);
      ADD_FAILURE() << "accepted: " << text;
    } catch (const UsageError& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find(says), std::string::npos) << what;
      EXPECT_NE(what.find("CARDWISE_FAULT"), std::string::npos) << what;
      EXPECT_NE(what.find("call=C"), std::string::npos) << what;
    }
  }
}

}  // namespace
}  // namespace cardwise

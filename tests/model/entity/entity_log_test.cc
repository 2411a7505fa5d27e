// SPDX-License-Identifier: Apache-2.0
#include "model/entity/entity_log.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "model/entity/address_text.h"

namespace mimir::entity {
namespace {

constexpr std::string_view kFull =
    R"({"t":1700000000.25,"op":"add","kind":"pod","name":"cart-0","namespace":"shop",)"
    R"("ips":["10.1.0.7","fd00::7"],"labels":{"app":"cart"},"owner":"StatefulSet/cart",)"
    R"("node":"n1"})";

std::vector<Event> read(std::string_view text) {
  config::Diagnostics diagnostics;
  std::vector<Event> events = read_entity_log(text, "e.jsonl", diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  return events;
}

std::string fault(std::string_view line) {
  config::Diagnostics diagnostics;
  EXPECT_TRUE(read_entity_log(line, "e.jsonl", diagnostics).empty());
  EXPECT_EQ(diagnostics.error_count(), 1U) << line;
  return diagnostics.all().empty() ? "" : diagnostics.all().front().message;
}

TEST(EntityLog, ALineIsAnEvent) {
  const std::vector<Event> events = read(kFull);
  ASSERT_EQ(events.size(), 1U);
  const Event& event = events.front();
  EXPECT_EQ(event.time_ns, 1'700'000'000'250'000'000);
  EXPECT_EQ(event.op, Event::Op::kAdd);
  EXPECT_EQ(event.entity.kind, Kind::kPod);
  EXPECT_EQ(event.entity.name, "cart-0");
  EXPECT_EQ(event.entity.namespace_name, "shop");
  EXPECT_EQ(event.entity.labels.at("app"), "cart");
  EXPECT_EQ(event.entity.owner, "StatefulSet/cart");
  EXPECT_EQ(event.entity.node, "n1");
  ASSERT_EQ(event.addresses.size(), 2U);
  EXPECT_EQ(to_text(event.addresses[1]), "fd00::7");
  EXPECT_EQ(event.place, "e.jsonl:1");
}

TEST(EntityLog, BlankLinesAndCarriageReturnsAreAllowed) {
  const std::vector<Event> events =
      read("\n  \r\n" + std::string(kFull) + "\r\n\n" + std::string(kFull));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].place, "e.jsonl:3");
  EXPECT_EQ(events[1].place, "e.jsonl:5");
  EXPECT_TRUE(read("").empty());
}

TEST(EntityLog, ADeletionAndANodeNeedLess) {
  const std::vector<Event> events =
      read(R"({"t":5,"op":"del","kind":"service","name":"cart","namespace":"shop"})"
           "\n"
           R"({"t":6,"op":"add","kind":"node","name":"n1","ips":["192.168.0.1"]})"
           "\n"
           R"({"t":-1,"op":"add","kind":"node","name":"n2","namespace":"","ips":[],"owner":null})");
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].op, Event::Op::kDelete);
  EXPECT_EQ(events[0].entity.kind, Kind::kService);
  EXPECT_EQ(events[1].entity.kind, Kind::kNode);
  EXPECT_EQ(events[2].time_ns, -1'000'000'000);
}

TEST(EntityLog, EachWrongLineIsAnErrorAtItsLineAndTheRestIsRead) {
  config::Diagnostics diagnostics;
  const std::vector<Event> events = read_entity_log(
      "not json\n" + std::string(kFull) + "\n[1]\n\n{\"t\":1}\n" + std::string(kFull), "e.jsonl",
      diagnostics);
  EXPECT_EQ(events.size(), 2U);
  ASSERT_EQ(diagnostics.error_count(), 3U);
  EXPECT_EQ(diagnostics.all()[0].place.line, 1U);
  EXPECT_EQ(diagnostics.all()[1].place.line, 3U);
  EXPECT_EQ(diagnostics.all()[2].place.line, 5U);
  EXPECT_EQ(diagnostics.all()[2].place.file, "e.jsonl");
}

TEST(EntityLog, SaysWhatIsWrongWithALine) {
  EXPECT_EQ(fault(R"({"op":"add"})"), "`t` is missing");
  EXPECT_EQ(fault(R"({"t":"5"})"), "`t` is no time");
  EXPECT_EQ(fault(R"({"t":1e300})"), "`t` is no time");
  EXPECT_EQ(fault(R"({"t":1})"), "`op` is missing");
  EXPECT_EQ(fault(R"({"t":1,"op":"mod"})"), "unknown op `mod`");
  EXPECT_EQ(fault(R"({"t":1,"op":7})"), "`op` is no text");
  EXPECT_EQ(fault(R"({"t":1,"op":"add"})"), "`kind` is missing");
  EXPECT_EQ(fault(R"({"t":1,"op":"add","kind":"svc"})"), "unknown kind `svc`");
  EXPECT_EQ(fault(R"({"t":1,"op":"add","kind":"pod"})"), "`name` is missing");
  EXPECT_EQ(fault(R"({"t":1,"op":"add","kind":"pod","name":""})"), "`name` is empty");
  EXPECT_EQ(fault(R"({"t":1,"op":"add","kind":"pod","name":"a"})"), "`namespace` is missing");
  const std::string identity = R"({"t":1,"op":"add","kind":"pod","name":"a","namespace":"b")";
  EXPECT_EQ(fault(identity + "}"), "`ips` is missing");
  EXPECT_EQ(fault(identity + R"(,"ips":"1.2.3.4"})"), "`ips` is no array");
  EXPECT_EQ(fault(identity + R"(,"ips":[4]})"), "`ips` holds something that is no text");
  EXPECT_EQ(fault(identity + R"(,"ips":["1.2.3"]})"), "`1.2.3` is no IP address");
  EXPECT_EQ(fault(identity + R"(,"ips":[],"labels":[]})"), "`labels` is no object");
  EXPECT_EQ(fault(identity + R"(,"ips":[],"labels":{"app":1}})"), "label `app` is no text");
  EXPECT_EQ(fault(identity + R"(,"ips":[],"node":1})"), "`node` is no text");
}

TEST(EntityLog, WritesTheLineItReads) { EXPECT_EQ(to_line(read(kFull).front()), kFull); }

TEST(EntityLog, WhatIsWrittenReadsBackEqual) {
  Event event;
  event.entity.name = "quote\" \\ \n é";
  event.entity.namespace_name = "n";
  event.entity.service = "cart";
  event.entity.labels = {{"b", "2"}, {"a", ""}};
  event.addresses = {*parse_address("::1"), *parse_address("1.2.3.4")};
  for (const Event::Op op : {Event::Op::kAdd, Event::Op::kDelete}) {
    for (const Kind kind : {Kind::kPod, Kind::kService, Kind::kNode}) {
      for (const TimeNs time_ns : {TimeNs{0}, TimeNs{1'700'000'000'123'457'000},
                                   TimeNs{1'799'999'999'999'999'000}, TimeNs{-1'000}}) {
        event.op = op;
        event.entity.kind = kind;
        event.time_ns = time_ns;
        const std::string line = to_line(event);
        EXPECT_EQ(line.find('\n'), std::string::npos);
        const std::vector<Event> back = read(line);
        ASSERT_EQ(back.size(), 1U);
        EXPECT_EQ(back[0].time_ns, time_ns);
        EXPECT_EQ(back[0].op, op);
        EXPECT_EQ(back[0].entity.kind, kind);
        EXPECT_EQ(back[0].entity.name, event.entity.name);
        EXPECT_EQ(back[0].entity.labels, event.entity.labels);
        EXPECT_EQ(back[0].entity.service, event.entity.service);
        EXPECT_EQ(back[0].addresses, event.addresses);
      }
    }
  }
}

TEST(EntityLog, CutsTimesToTheMicrosecond) {
  Event event;
  event.entity.name = "n";
  event.entity.namespace_name = "n";
  event.time_ns = 1'700'000'000'000'000'999;
  EXPECT_EQ(read(to_line(event)).front().time_ns, 1'700'000'000'000'000'000);
  event.time_ns = -1;
  EXPECT_EQ(read(to_line(event)).front().time_ns, -1'000);
}

}  // namespace
}  // namespace mimir::entity

// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/dns.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::wire {
namespace {

/// A message as RFC 1035 draws it, written front to back.
class Message {
 public:
  Message(unsigned flags, unsigned questions, unsigned answers) {
    put16(0x1234).put16(flags).put16(questions).put16(answers).put16(0).put16(0);
  }
  Message& put16(unsigned value) {
    bytes_.push_back(static_cast<std::byte>(value >> 8));
    bytes_.push_back(static_cast<std::byte>(value & 0xff));
    return *this;
  }
  Message& label(std::string_view text) {
    bytes_.push_back(static_cast<std::byte>(text.size()));
    for (const char c : text) bytes_.push_back(static_cast<std::byte>(c));
    return *this;
  }
  Message& question(std::initializer_list<std::string_view> labels, unsigned type,
                    unsigned net_class = 1) {
    for (const std::string_view text : labels) label(text);
    bytes_.push_back(std::byte{0});
    return put16(type).put16(net_class);
  }
  /// Its name points at the question's.
  Message& answer(unsigned type, std::size_t data_bytes) {
    put16(0xc00c).put16(type).put16(1).put16(0).put16(60);
    put16(static_cast<unsigned>(data_bytes));
    bytes_.resize(bytes_.size() + data_bytes, std::byte{'d'});
    return *this;
  }
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

constexpr unsigned kQuery = 0x0100;
constexpr unsigned kResponse = 0x8180;

TEST(Dns, AQueryGivesItsNameInLowerCaseAndItsType) {
  PayloadFact fact;
  ASSERT_TRUE(
      read_dns(Message(kQuery, 1, 0).question({"Www", "Example", "org"}, 28).bytes(), fact));
  EXPECT_EQ(fact.kind, FactKind::kDnsQuery);
  EXPECT_EQ(fact.first_text(), "www.example.org");
  EXPECT_EQ(fact.value[0], 28);
  EXPECT_EQ(fact.flags, 0);
}

TEST(Dns, NamesThatDifferInBytesThatArePrintedAlikeDifferInTheirHash) {
  PayloadFact first;
  PayloadFact second;
  ASSERT_TRUE(read_dns(Message(kQuery, 1, 0).question({"a\x81", "t"}, 10).bytes(), first));
  ASSERT_TRUE(read_dns(Message(kQuery, 1, 0).question({"a\x82", "t"}, 10).bytes(), second));
  EXPECT_EQ(first.first_text(), "a?.t");
  EXPECT_EQ(second.first_text(), first.first_text());
  EXPECT_NE(first.hash, second.hash);
}

TEST(Dns, AResponseTellsHowMuchItSaysBesideAddresses) {
  PayloadFact fact;
  const Message message = Message(kResponse | 3, 1, 3)
                              .question({"a", "example", "org"}, 16)
                              .answer(1, 4)
                              .answer(16, 200)
                              .answer(5, 20);
  ASSERT_TRUE(read_dns(message.bytes(), fact));
  EXPECT_EQ(fact.kind, FactKind::kDnsResponse);
  EXPECT_EQ(fact.value[1], 220);
  EXPECT_EQ(fact.value[2], 3) << "RCODE";
}

TEST(Dns, AnAnswerThatWasCutShortCountsAsItSaysItWas) {
  Message message = Message(kResponse, 1, 1).question({"a", "org"}, 16).answer(16, 200);
  const std::vector<std::byte> cut(message.bytes().begin(), message.bytes().end() - 150);
  PayloadFact fact;
  ASSERT_TRUE(read_dns(cut, fact));
  EXPECT_EQ(fact.value[1], 200);
}

TEST(Dns, TheLongestNameHasRoom) {
  const std::string label(63, 'x');
  const std::string last(61, 'y');
  PayloadFact fact;
  ASSERT_TRUE(
      read_dns(Message(kQuery, 1, 0).question({label, label, label, last}, 16).bytes(), fact));
  EXPECT_EQ(fact.first_text().size(), 253u) << "RFC 1035 §2.3.4: 255 with the lengths";
  EXPECT_EQ(fact.flags, 0);
  const std::string too_long(62, 'y');
  PayloadFact other;
  EXPECT_FALSE(
      read_dns(Message(kQuery, 1, 0).question({label, label, label, too_long}, 16).bytes(), other));
}

TEST(Dns, WhatIsNoMessageIsRefused) {
  const auto is_dns = [](const Message& message) {
    PayloadFact fact;
    return read_dns(message.bytes(), fact);
  };
  EXPECT_TRUE(is_dns(Message(kQuery, 1, 0).question({"a", "org"}, 1)));
  EXPECT_FALSE(is_dns(Message(kQuery | 0x40, 1, 0).question({"a", "org"}, 1))) << "Z";
  EXPECT_FALSE(is_dns(Message(kQuery | 0x1000, 1, 0).question({"a", "org"}, 1))) << "opcode 2";
  EXPECT_FALSE(is_dns(Message(kQuery | 3, 1, 0).question({"a", "org"}, 1))) << "RCODE";
  EXPECT_FALSE(is_dns(Message(kQuery, 0, 0).question({"a", "org"}, 1))) << "no question";
  EXPECT_FALSE(is_dns(Message(kQuery, 1, 0).question({"a", "org"}, 0))) << "type";
  EXPECT_FALSE(is_dns(Message(kQuery, 1, 0).question({"a", "org"}, 1, 7))) << "class";
  EXPECT_FALSE(is_dns(Message(kQuery, 1, 0).put16(0xc00c).put16(1).put16(1))) << "a pointer";
  const std::string netbios = "EGFCEFEECACACACACACACACACACACACA";
  EXPECT_FALSE(is_dns(Message(kQuery, 1, 0).question({netbios}, 32))) << "RFC 1002 §4.2.12";
  EXPECT_TRUE(is_dns(Message(kQuery, 1, 0).question({netbios}, 1)));
  EXPECT_FALSE(is_dns(Message(kQuery, 1, 999).question({"a", "org"}, 1))) << "answers";
}

TEST(Dns, NoPartOfAMessageIsReadBeyondItsEnd) {
  const Message whole =
      Message(kResponse, 1, 2).question({"a", "example", "org"}, 16).answer(16, 9).answer(1, 4);
  const std::size_t question_end = 12 + 2 + 8 + 4 + 1 + 4;
  for (std::size_t bytes = 0; bytes <= whole.bytes().size(); ++bytes) {
    // A copy of its own: what lies behind it is not the rest of the message.
    const std::vector<std::byte> part(whole.bytes().begin(),
                                      whole.bytes().begin() + static_cast<std::ptrdiff_t>(bytes));
    PayloadFact fact;
    EXPECT_EQ(read_dns(part, fact), bytes >= question_end) << bytes;
  }
}

TEST(Dns, OverTcpEachMessageOfASegmentIsRead) {
  const Message first = Message(kQuery, 1, 0).question({"a", "org"}, 1);
  const Message second = Message(kQuery, 1, 0).question({"b", "org"}, 28);
  std::vector<std::byte> segment;
  for (const Message& message : {first, second}) {
    segment.push_back(std::byte{0});
    segment.push_back(static_cast<std::byte>(message.bytes().size()));
    segment.insert(segment.end(), message.bytes().begin(), message.bytes().end());
  }
  std::span<const std::byte> rest;
  PayloadFact fact;
  ASSERT_TRUE(read_dns_over_tcp(segment, fact, rest));
  EXPECT_EQ(fact.first_text(), "a.org");
  PayloadFact next;
  ASSERT_TRUE(read_dns_over_tcp(rest, next, rest));
  EXPECT_EQ(next.first_text(), "b.org");
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace mimir::wire

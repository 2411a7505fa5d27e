// SPDX-License-Identifier: Apache-2.0
#include "model/entity/address_text.h"

#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace mimir::entity {
namespace {

TEST(AddressText, ADottedQuadIsANumber) {
  EXPECT_EQ(parse_address("10.0.2.15"), Address::from_ipv4(0x0a00020f));
  EXPECT_EQ(parse_address("0.0.0.0"), Address::from_ipv4(0));
  EXPECT_EQ(parse_address("255.255.255.255"), Address::from_ipv4(0xffffffff));
}

TEST(AddressText, RefusesWhatIsNoAddress) {
  constexpr std::array<std::string_view, 24> kWrong{"",
                                                    "None",
                                                    "<none>",
                                                    "1.2.3",
                                                    "1.2.3.4.5",
                                                    "01.2.3.4",
                                                    "1.2.3.256",
                                                    "1.2.3.4 ",
                                                    " 1.2.3.4",
                                                    "1.2.3.-4",
                                                    "0x1.2.3.4",
                                                    "1..3.4",
                                                    "1.2.3.4/8",
                                                    ":",
                                                    ":::",
                                                    "1::2::3",
                                                    "12345::",
                                                    "1:2:3:4:5:6:7",
                                                    "fe80::1%1",
                                                    "[::1]",
                                                    "::ffff:1.2.3.x",
                                                    "::1.2.3.4:5",
                                                    "g::",
                                                    "1:2:3:4:5:6:7:8:9"};
  for (const std::string_view text : kWrong) EXPECT_FALSE(parse_address(text)) << text;
  EXPECT_FALSE(parse_address(std::string_view("1.2.3.4\0x", 9)));
  EXPECT_FALSE(parse_address(std::string(1000, '1')));
}

TEST(AddressText, AnEmbeddedQuadInTheMappedRangeIsIpv4) {
  EXPECT_EQ(parse_address("::ffff:172.17.0.1"), Address::from_ipv4(0xac110001));
  EXPECT_EQ(parse_address("::FFFF:ac11:1"), Address::from_ipv4(0xac110001));
  const std::optional<Address> nat64 = parse_address("64:ff9b::192.0.2.33");
  ASSERT_TRUE(nat64);
  EXPECT_FALSE(nat64->is_ipv4());
  EXPECT_EQ(to_text(*nat64), "64:ff9b::c000:221");
}

// The examples of RFC 5952 §1 to §4, each with the one text it recommends.
TEST(AddressText, Ipv6IsWrittenAsRfc5952Recommends) {
  struct Case {
    std::string_view given;
    std::string_view written;
  };
  constexpr std::array<Case, 14> kCases{{
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8::0:1", "2001:db8::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
      {"2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"},
      {"2001:DB8::AAAA", "2001:db8::aaaa"},
      {"0:0:0:0:0:0:0:0", "::"},
      {"::1", "::1"},
      {"1:0:0:0:0:0:0:0", "1::"},
      {"::1.2.3.4", "::102:304"},
      {"fd00:0:0:0:8::", "fd00::8:0:0:0"},
      {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
  }};
  for (const Case& test : kCases) {
    const std::optional<Address> address = parse_address(test.given);
    ASSERT_TRUE(address) << test.given;
    EXPECT_EQ(to_text(*address), test.written);
  }
}

// The C library's own writer reads the same groups; it differs from ours only in
// the deprecated IPv4-compatible range, which these addresses stay out of.
TEST(AddressText, AgreesWithTheCLibraryOnEveryPatternOfZeroGroups) {
  for (unsigned pattern = 0; pattern < 256; ++pattern) {
    Address address;
    for (std::size_t i = 0; i < 8; ++i) {
      if ((pattern >> i & 1U) != 0) address.bytes[2 * i] = static_cast<std::uint8_t>(0x10 + i);
    }
    if ((pattern & 0x3fU) == 0) continue;
    std::array<char, INET6_ADDRSTRLEN> theirs{};
    ASSERT_NE(inet_ntop(AF_INET6, address.bytes.data(), theirs.data(), theirs.size()), nullptr);
    EXPECT_EQ(to_text(address), theirs.data());
    EXPECT_EQ(parse_address(to_text(address)), address);
  }
}

TEST(Cidr, HoldsTheAddressesThatShareItsPrefix) {
  const auto cidr = parse_cidr("172.16.0.0/12");
  ASSERT_TRUE(cidr);
  EXPECT_TRUE(contains(*cidr, *parse_address("172.16.0.0")));
  EXPECT_TRUE(contains(*cidr, *parse_address("172.31.255.255")));
  EXPECT_FALSE(contains(*cidr, *parse_address("172.32.0.0")));
  EXPECT_FALSE(contains(*cidr, *parse_address("172.15.255.255")));
  EXPECT_FALSE(contains(*cidr, *parse_address("::1")));
}

TEST(Cidr, EveryPrefixLengthCutsBetweenTheRightBits) {
  const Address base = Address::from_ipv4(0xa5a5a5a5);
  for (std::uint32_t bits = 0; bits <= 32; ++bits) {
    const auto cidr = parse_cidr("165.165.165.165/" + std::to_string(bits));
    ASSERT_TRUE(cidr);
    const std::uint32_t mask = bits == 0 ? 0 : 0xffffffffU << (32 - bits);
    EXPECT_EQ(cidr->base, Address::from_ipv4(0xa5a5a5a5 & mask));
    EXPECT_TRUE(contains(*cidr, base));
    for (std::uint32_t flipped = 0; flipped < 32; ++flipped) {
      const Address other = Address::from_ipv4(0xa5a5a5a5 ^ (0x80000000U >> flipped));
      EXPECT_EQ(contains(*cidr, other), flipped >= bits) << bits << ' ' << flipped;
    }
  }
}

TEST(Cidr, AllOfIpv6HoldsNoIpv4Address) {
  const auto cidr = parse_cidr("::/0");
  ASSERT_TRUE(cidr);
  EXPECT_TRUE(contains(*cidr, *parse_address("2001:db8::1")));
  EXPECT_FALSE(contains(*cidr, *parse_address("8.8.8.8")));
}

TEST(Cidr, AMappedPrefixIsTheIpv4One) {
  EXPECT_EQ(parse_cidr("::ffff:10.0.0.0/104"), parse_cidr("10.0.0.0/8"));
  EXPECT_FALSE(parse_cidr("::ffff:10.0.0.0/80"));
}

TEST(Cidr, IsWrittenWithoutTheBitsBehindItsPrefix) {
  EXPECT_EQ(to_text(*parse_cidr("10.0.2.15/24")), "10.0.2.0/24");
  EXPECT_EQ(to_text(*parse_cidr("fd00:1:2:3::4/48")), "fd00:1:2::/48");
}

TEST(Cidr, RefusesWhatIsNoPrefix) {
  for (const std::string_view text :
       {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08",
        "10.0.0.0/8 ", "10.0.0.0/8/8", "fd00::/129", "fd00::/300", "/8", "10.0.0/8"}) {
    EXPECT_FALSE(parse_cidr(text)) << text;
  }
}

}  // namespace
}  // namespace mimir::entity

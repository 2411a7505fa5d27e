// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/policy.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/graph/reduction.h"
#include "tests/model/graph/wordpress.h"

namespace mimir::injector {
namespace {

using Names = std::set<std::string>;

// The rules of the Sock Shop's policy as its parse result lists them.
constexpr std::string_view kShop = R"(# who may send to whom
cart ALLOWED carts-db
cart ALLOWED front-end   # a remark
cart ALLOWED kube-dns
cart ALLOWED orders
carts-db ALLOWED cart

user ALLOWED internet
user ALLOWED user-db
user-db ALLOWED kube-dns
user-db ALLOWED user
----------
ALL kube_dns_vip
front_end_pod carts_vip
user_pod user_db_vip   # the data
)";

TEST(Policy, ReadsPermissionsAndConnections) {
  config::Diagnostics diagnostics;
  const auto policy = parse_policy(kShop, "shop.txt", diagnostics);
  ASSERT_TRUE(policy) << diagnostics.render();
  EXPECT_EQ(policy->allowed.at("cart"), (Names{"carts-db", "front-end", "kube-dns", "orders"}));
  EXPECT_EQ(policy->allowed.at("carts-db"), (Names{"cart"}));
  EXPECT_EQ(policy->allowed.at("user"), (Names{"internet", "user-db"}));
  EXPECT_EQ(policy->allowed.at("user-db"), (Names{"kube-dns", "user"}));
  EXPECT_EQ(policy->allowed.at("internet"), Names{}) << "it has an entry, an empty one";
  // Names are kept as they are written: carts is not cart.
  EXPECT_EQ(policy->client_vips,
            (std::set<ClientVip>{{"", "kube-dns"}, {"front-end", "carts"}, {"user", "user-db"}}));
}

TEST(Policy, LetsAServiceAllowedEverythingSendAndReceive) {
  config::Diagnostics diagnostics;
  const auto policy =
      parse_policy("a ALLOWED b\nadmin ALLOWED all\nb ALLOWED internet\n", "p", diagnostics);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->allowed.at("admin"), (Names{"a", "b", "internet"}));
  EXPECT_EQ(policy->allowed.at("a"), (Names{"admin", "b"}));
  EXPECT_EQ(policy->allowed.at("b"), (Names{"admin", "internet"}));
  EXPECT_EQ(policy->allowed.at("internet"), Names{});
}

TEST(Policy, NamesEveryWrongLineAndItsColumn) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(
      parse_policy("user ALOWED user-db\n"
                   "user ALLOWED\n"
                   "\tuser_db ALLOWED user\n"
                   "user ALLOWED user-db indeed\n"
                   "----------\n"
                   "user_pod\n"
                   "user user_db_vip\n"
                   "user_pod user_db\n",
                   "p.txt", diagnostics));
  struct Expected {
    std::uint32_t line;
    std::uint32_t column;
    std::string message;
  };
  const std::vector<Expected> expected = {
      {1, 6, "expected `SOURCE ALLOWED DESTINATION`"},
      {2, 6, "expected `SOURCE ALLOWED DESTINATION`"},
      {3, 2, "`user_db` is no service name"},
      {4, 22, "unexpected `indeed`"},
      {6, 1, "expected `client_pod service_vip`"},
      {7, 1, "`user` does not end in `_pod`"},
      {8, 10, "`user_db` does not end in `_vip`"},
  };
  ASSERT_EQ(diagnostics.all().size(), expected.size()) << diagnostics.render();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const config::Diagnostic& actual = diagnostics.all()[i];
    EXPECT_EQ(actual.place.file, "p.txt");
    EXPECT_EQ(actual.place.line, expected[i].line);
    EXPECT_EQ(actual.place.column, expected[i].column) << actual.message;
    EXPECT_EQ(actual.message, expected[i].message);
    EXPECT_FALSE(actual.hint.empty());
  }
}

TEST(Policy, IsReadAsItIsWritten) {
  config::Diagnostics diagnostics;
  const auto policy = parse_policy(kShop, "shop.txt", diagnostics);
  ASSERT_TRUE(policy);
  const std::string text = to_text(*policy);
  EXPECT_TRUE(text.starts_with("cart ALLOWED carts-db\ncart ALLOWED front-end\n")) << text;
  EXPECT_TRUE(
      text.ends_with("----------\nALL kube_dns_vip\nfront_end_pod carts_vip\n"
                     "user_pod user_db_vip\n"))
      << text;
  const auto again = parse_policy(text, "again.txt", diagnostics);
  ASSERT_TRUE(again) << diagnostics.render();
  EXPECT_EQ(*again, *policy);
}

TEST(Policy, IsLearntFromWhatBenignTrafficDid) {
  const test::World world(test::wordpress_events());
  const graph::NodeId web = world.pod(test::wordpress_pod("24scj"));
  const graph::NodeId database = world.pod("my-release-pxc-0");
  const Policy policy = learn_policy(
      graph::EdgeTable::from({
          {.source = web, .target = world.vip("my-release-pxc"), .counts = {3, 300}},
          {.source = world.vip("my-release-pxc"), .target = web, .counts = {0, 0}},
          {.source = web, .target = database, .counts = {3, 300}},
          {.source = database, .target = web, .counts = {2, 900}},
          {.source = database, .target = world.pod("my-release-pxc-1"), .counts = {2, 900}},
          {.source = web, .target = graph::kOutsideNode, .counts = {1, 40}},
          {.source = database, .target = graph::kOutsideNode, .counts = {0, 0}},
          {.source = graph::kOutsideNode, .target = web, .counts = {1, 40}},
          {.source = web, .target = graph::kUnknownNode, .counts = {1, 40}},
      }),
      world.cluster);
  EXPECT_EQ(policy.allowed.size(), 3U);
  EXPECT_EQ(policy.allowed.at("wwwppp-wordpress"), (Names{"internet", "my-release-pxc"}));
  EXPECT_EQ(policy.allowed.at("my-release-pxc"), (Names{"wwwppp-wordpress"}));
  EXPECT_EQ(policy.client_vips, (std::set<ClientVip>{{"wwwppp-wordpress", "my-release-pxc"}}));
}

TEST(Policy, AllowsEverythingWhereNobodyWroteOne) {
  const test::World world(test::wordpress_events());
  const Policy policy = unrestricted_policy(world.cluster);
  EXPECT_EQ(policy.allowed.at("my-release-pxc"),
            (Names{"internet", "kube-dns", "wwwppp-wordpress"}));
  EXPECT_EQ(policy.client_vips, (std::set<ClientVip>{{"", "kube-dns"}}));
  EXPECT_FALSE(policy.allowed.contains("heapster")) << "infrastructure takes no part";
}

}  // namespace
}  // namespace mimir::injector

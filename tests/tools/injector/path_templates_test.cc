// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/path_templates.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/graph/wordpress.h"
#include "tests/random.h"

namespace mimir::injector {
namespace {

using Texts = std::vector<std::string>;

const std::set<ClientVip> kShopClients = {
    {"", "kube-dns"}, {"front-end", "catalogue"}, {"orders", "user"}, {"user", "user-db"}};

Texts texts(const std::vector<TemplatePath>& paths) {
  Texts result;
  for (const TemplatePath& path : paths) result.push_back(to_text(path));
  return result;
}

Texts variants(const std::vector<std::string>& path,
               const std::set<ClientVip>& clients = kShopClients) {
  return texts(over_vips(path, clients, {}));
}

TEST(OverVips, PutsTheVipOfWhoeverWasConnectedTo) {
  EXPECT_EQ(variants({"user-db", "user"}), (Texts{"user-db > user-db (VIP) > user > outside"}));
  EXPECT_EQ(variants({"user-db", "kube-dns"}),
            (Texts{"user-db > kube-dns (VIP) > kube-dns > outside"}));
  EXPECT_EQ(variants({"catalogue", "front-end"}),
            (Texts{"catalogue > catalogue (VIP) > front-end > outside"}));
  EXPECT_EQ(variants({"user"}), (Texts{"user > outside"}));
}

TEST(OverVips, TriesAllThreeWaysWhereNobodyKnows) {
  EXPECT_EQ(variants({"user", "front-end"}),
            (Texts{"user > user (VIP) > front-end > outside",
                   "user > front-end (VIP) > front-end > outside", "user > front-end > outside"}));
  EXPECT_EQ(variants({"user-db", "user", "front-end"}),
            (Texts{"user-db > user-db (VIP) > user > user (VIP) > front-end > outside",
                   "user-db > user-db (VIP) > user > front-end (VIP) > front-end > outside",
                   "user-db > user-db (VIP) > user > front-end > outside"}));
  EXPECT_EQ(variants({"my-release-pxc", "wwwppp-wordpress"}, {{"", "kube-dns"}}),
            (Texts{"my-release-pxc > my-release-pxc (VIP) > wwwppp-wordpress > outside",
                   "my-release-pxc > wwwppp-wordpress (VIP) > wwwppp-wordpress > outside",
                   "my-release-pxc > wwwppp-wordpress > outside"}));
}

TEST(OverVips, VariesTheLeftmostHopLast) {
  Texts expected;
  for (const std::string first : {"user (VIP) > ", "front-end (VIP) > ", ""}) {
    for (const std::string second : {"front-end (VIP) > ", "orders (VIP) > ", ""}) {
      expected.push_back("user > " + first + "front-end > " + second + "orders > outside");
    }
  }
  EXPECT_EQ(variants({"user", "front-end", "orders"}), expected);
}

TEST(OverVips, LeadsOverNoVipThatIsNotThere) {
  EXPECT_EQ(texts(over_vips({"user", "front-end"}, {}, {"user"})),
            (Texts{"user > front-end (VIP) > front-end > outside", "user > front-end > outside"}));
  EXPECT_EQ(texts(over_vips({"user-db", "user"}, kShopClients, {"user-db"})),
            (Texts{"user-db > user > outside"}));
}

Policy random_policy(test::Random& random) {
  Policy policy;
  policy.allowed["internet"];
  for (const std::string from : {"a", "b", "c", "d", "e"}) {
    auto& to = policy.allowed[from];
    for (const std::string name : {"a", "b", "c", "d", "e", "internet"}) {
      if (name != from && random.below(2) == 0) to.insert(name);
    }
  }
  return policy;
}

void all_simple_paths(const Policy& policy, std::vector<std::string>& path, Texts& found) {
  for (const std::string& next : policy.allowed.at(path.back())) {
    if (next == "internet") {
      std::string text;
      for (const std::string& name : path) text += name + " > ";
      found.push_back(text + "outside");
    } else if (std::find(path.begin(), path.end(), next) == path.end()) {
      path.push_back(next);
      all_simple_paths(policy, path, found);
      path.pop_back();
    }
  }
}

TEST(EnumeratePaths, FindsEverySimplePathShortOnesFirstThenByName) {
  test::Random random(5);
  for (int round = 0; round < 100; ++round) {
    const Policy policy = random_policy(random);
    Texts expected;
    std::vector<std::string> path = {"c"};
    all_simple_paths(policy, path, expected);
    // One letter a service, so the shorter text has fewer hops.
    std::sort(expected.begin(), expected.end(), [](const std::string& l, const std::string& r) {
      return l.size() != r.size() ? l.size() < r.size() : l < r;
    });
    const PathOptions options{
        .sensitive_service = "c", .with_vips = false, .path_count_max = 10000};
    EXPECT_EQ(texts(enumerate_paths(policy, options)), expected);
  }
}

TEST(EnumeratePaths, LetsDnsSendToTheInternetAndNowhereElse) {
  Policy policy;
  policy.allowed = {
      {"db", {"kube-dns", "web"}}, {"kube-dns", {"web"}}, {"web", {"internet"}}, {"internet", {}}};
  const PathOptions options{
      .sensitive_service = "db", .dns_services = {"kube-dns"}, .with_vips = false};
  EXPECT_EQ(texts(enumerate_paths(policy, options)),
            (Texts{"db > kube-dns > outside", "db > web > outside"}));
}

TEST(EnumeratePaths, EndsAtTheCountAndAtTheLength) {
  Policy policy;
  policy.allowed = {
      {"db", {"web"}}, {"web", {"edge", "internet"}}, {"edge", {"internet"}}, {"internet", {}}};
  PathOptions options{.sensitive_service = "db"};
  EXPECT_EQ(enumerate_paths(policy, options).size(), 3U + 9U);
  options.path_count_max = 5;
  EXPECT_EQ(enumerate_paths(policy, options).size(), 5U) << "variants are cut off";
  options.path_count_max = 100;
  options.stop_count_max = 5;
  EXPECT_EQ(enumerate_paths(policy, options).size(), 3U);
  options.stop_count_max = 3;
  EXPECT_TRUE(enumerate_paths(policy, options).empty()) << "db > db (VIP) > web > outside is 4";
}

TEST(EnumeratePaths, FindsNothingFromWhereNoWayLeadsOut) {
  Policy policy;
  policy.allowed = {{"db", {"web"}}, {"web", {"db"}}, {"edge", {"internet"}}, {"internet", {}}};
  EXPECT_TRUE(enumerate_paths(policy, {.sensitive_service = "db"}).empty());
  EXPECT_TRUE(enumerate_paths(policy, {.sensitive_service = "nobody"}).empty());
  // Names are exact: user is not user-db.
  EXPECT_TRUE(enumerate_paths(policy, {.sensitive_service = "edg"}).empty());
}

TEST(PathOptions, AreWhatTheClusterSays) {
  std::vector<entity::Event> events = test::wordpress_events();
  events.push_back(test::pod_event("batch-0", "172.17.0.60", "default", "app", "batch"));
  const test::World world(events);
  const PathOptions options =
      path_options(world.cluster, graph::Observation::kNodeAny, "my-release-pxc");
  EXPECT_EQ(options.dns_services, (std::set<std::string>{"kube-dns"}));
  EXPECT_EQ(options.without_vip, (std::set<std::string>{"batch"}));
  EXPECT_TRUE(options.with_vips);
  EXPECT_FALSE(path_options(world.cluster, graph::Observation::kMirror, "x").with_vips);
}

}  // namespace
}  // namespace mimir::injector

// SPDX-License-Identifier: Apache-2.0
#include "config/section.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/yaml_document.h"

namespace mimir::config {
namespace {

struct Wheel {
  std::string name;
  std::uint8_t spokes = 8;
};

struct Cart {
  std::uint16_t load = 7;
  std::uint64_t seed = 0;
  bool is_open = true;
  std::string owner = "nobody";
  std::vector<std::string> stops;
  std::vector<std::uint16_t> doors = {2, 4};
  std::int64_t pause_ns = 2'000'000'000;
  std::string pace = "walk";
  std::vector<Wheel> wheels;
};

Section<Cart> cart_section() {
  Section<Wheel> wheel("cart.wheels[]");
  wheel.text("name", &Wheel::name, "What it is called.")
      .integer("spokes", &Wheel::spokes, {.min = 1, .max = 1000, .unit = "spokes", .help = "h"})
      .require(
          "name", [](const Wheel& w) { return !w.name.empty(); },
          "cart.wheels[]: a wheel has no name", "name it");
  Section<Cart> section("cart");
  section.integer("load", &Cart::load, {.min = 4, .max = 256, .unit = "packets", .help = "Weight."})
      .integer("seed", &Cart::seed, {.unit = "", .help = "Any."})
      .boolean("is_open", &Cart::is_open, "Whether.")
      .text("owner", &Cart::owner, "Whose.")
      .text_list("stops", &Cart::stops, "Where.")
      .integer_list("doors", &Cart::doors, 3, {.min = 1, .max = 9, .unit = "", .help = "Which."})
      .duration_ns("pause", &Cart::pause_ns, 1'000'000'000, 60'000'000'000, "How long.")
      .choice("pace", &Cart::pace, {"walk", "trot", "gallop"}, "How fast.")
      .list_of("wheels", &Cart::wheels, wheel, "Its wheels.")
      .require(
          "load", [](const Cart& c) { return c.load != 13; }, "cart.load is unlucky", "take 12");
  return section;
}

Cart read(std::string_view yaml, Diagnostics& diagnostics) {
  const auto root = parse_yaml(yaml, "f.yaml", diagnostics);
  EXPECT_TRUE(root.has_value()) << diagnostics.render();
  return cart_section().read(root.value_or(Node{}), diagnostics);
}

// The first line and the hint of each complaint, without place and source.
std::string complaints(std::string_view yaml) {
  Diagnostics diagnostics;
  (void)read(yaml, diagnostics);
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    text += diagnostic.message + " (" + diagnostic.hint + ")\n";
  }
  return text;
}

TEST(Section, FillsWhatIsGivenAndKeepsTheRest) {
  Diagnostics diagnostics;
  const Cart cart = read(
      "load: 256\nseed: 9223372036854775807\nis_open: false\nowner: \"a b\"\nstops: [x, y]\ndoors: "
      "[9]\n"
      "pause: 1min\npace: trot\nwheels:\n  - name: left\n  - name: right\n    spokes: 12\n",
      diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  EXPECT_EQ(cart.load, 256);
  EXPECT_EQ(cart.seed, 9223372036854775807U);
  EXPECT_FALSE(cart.is_open);
  EXPECT_EQ(cart.owner, "a b");
  EXPECT_EQ(cart.stops, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(cart.doors, std::vector<std::uint16_t>{9});
  EXPECT_EQ(cart.pause_ns, 60'000'000'000);
  EXPECT_EQ(cart.pace, "trot");
  ASSERT_EQ(cart.wheels.size(), 2U);
  EXPECT_EQ(cart.wheels[0].spokes, 8);
  EXPECT_EQ(cart.wheels[1].name, "right");
  EXPECT_EQ(cart.wheels[1].spokes, 12);

  const Cart defaults = read("", diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  EXPECT_EQ(defaults.load, 7);
  EXPECT_EQ(defaults.owner, "nobody");
  EXPECT_EQ(defaults.doors, (std::vector<std::uint16_t>{2, 4}));
  EXPECT_TRUE(defaults.wheels.empty());
}

TEST(Section, NamesTheKeysWhoseValuesDiffer) {
  const Section<Cart> section = cart_section();
  const Cart plain;
  EXPECT_TRUE(section.changed_keys(plain, plain).empty());
  Diagnostics diagnostics;
  const Cart same = read("load: 7\ndoors: [2, 4]\npause: 2s\n", diagnostics);
  EXPECT_TRUE(section.changed_keys(plain, same).empty()) << "a default that is written out";

  Cart other = plain;
  other.pace = "trot";
  other.load = 8;
  other.stops = {"x"};
  EXPECT_EQ(section.changed_keys(plain, other),
            (std::vector<std::string>{"load", "stops", "pace"}));
  other = plain;
  other.wheels = {{.name = "left"}};
  EXPECT_EQ(section.changed_keys(plain, other), std::vector<std::string>{"wheels"});
  Cart another = other;
  another.wheels[0].spokes = 9;
  EXPECT_EQ(section.changed_keys(other, another), std::vector<std::string>{"wheels"});
  another = other;
  EXPECT_TRUE(section.changed_keys(other, another).empty());
}

TEST(Section, NamesWhatDiffersInAnInnerSection) {
  struct Yard {
    Cart cart;
  };
  Section<Yard> section("yard");
  section.section("cart", &Yard::cart, cart_section(), "The one that is there.");
  Yard other;
  other.cart.owner = "somebody";
  EXPECT_EQ(section.changed_keys(Yard{}, other), std::vector<std::string>{"cart.owner"});
}

TEST(Section, SaysWhatIsWrongWithANumber) {
  const std::string hint = " (give a whole number of packets from 4 to 256)\n";
  EXPECT_EQ(complaints("load: 4096"), "cart.load: 4096 is out of range" + hint);
  EXPECT_EQ(complaints("load: 3"), "cart.load: 3 is out of range" + hint);
  EXPECT_EQ(complaints("load: -1"), "cart.load: -1 is out of range" + hint);
  EXPECT_EQ(complaints("load: 99999999999999999999"),
            "cart.load: 99999999999999999999 is out of range" + hint);
  EXPECT_EQ(complaints("load: many"), "cart.load: `many` is no whole number" + hint);
  EXPECT_EQ(complaints("load: 5.0"), "cart.load: `5.0` is no whole number" + hint);
  EXPECT_EQ(complaints("load: 0x10"), "cart.load: `0x10` is no whole number" + hint);
  EXPECT_EQ(complaints("load: \"\""), "cart.load: `` is no whole number" + hint);
  EXPECT_EQ(complaints("load: [5]"),
            "cart.load: a whole number is expected, here is a list" + hint);
  EXPECT_EQ(complaints("load:"), "cart.load: a whole number is expected, here is nothing" + hint);
}

TEST(Section, NeverReadsMoreThanItsMemberHolds) {
  EXPECT_EQ(complaints("wheels: [{name: x, spokes: 256}]"),
            "cart.wheels[].spokes: 256 is out of range "
            "(give a whole number of spokes from 1 to 255)\n");
}

TEST(Section, SaysWhatIsWrongWithTheOtherKinds) {
  EXPECT_EQ(complaints("is_open: yes"),
            "cart.is_open: `yes` is neither yes nor no (give true or false)\n");
  EXPECT_EQ(complaints("is_open: {a: 1}"),
            "cart.is_open: true or false is expected, here is a section (give true or false)\n");
  EXPECT_EQ(complaints("owner: [a]"),
            "cart.owner: a text is expected, here is a list (give a text, or \"\" for none)\n");
  EXPECT_EQ(complaints("stops: a"),
            "cart.stops: a list is expected, here is a value (write [one, two])\n");
  EXPECT_EQ(complaints("stops: [a, [b]]"),
            "cart.stops: a text is expected, here is a list (write [one, two])\n");
  const std::string hint = " (give a duration from 1s to 1min, such as 10s or 500ms)\n";
  EXPECT_EQ(complaints("pause: 10"), "cart.pause: `10` is no duration" + hint);
  EXPECT_EQ(complaints("pause: 61s"), "cart.pause: 61s is out of range" + hint);
  EXPECT_EQ(complaints("pause: 999ms"), "cart.pause: 999ms is out of range" + hint);
  EXPECT_EQ(complaints("pause: []"), "cart.pause: a duration is expected, here is a list" + hint);
  EXPECT_EQ(complaints("pace: fly"),
            "cart.pace: `fly` is not one of its words (give walk, trot or gallop)\n");
  EXPECT_EQ(complaints("pace: {}"),
            "cart.pace: a word is expected, here is a section (give walk, trot or gallop)\n");
  EXPECT_EQ(complaints("wheels: 4"),
            "cart.wheels: a list is expected, here is a value (begin each element with `- `)\n");
  EXPECT_EQ(complaints("wheels: [4]"),
            "cart.wheels[]: a section is expected, here is a value "
            "(write its keys as `- key: value`)\n");
  EXPECT_EQ(complaints("just words"),
            "cart: a section is expected, here is a value "
            "(write `cart:` and its keys indented below)\n");
}

TEST(Section, ProposesTheNearestKey) {
  EXPECT_EQ(complaints("laod: 5"), "cart: unknown key `laod` (did you mean `load`?)\n");
  EXPECT_EQ(complaints("isopen: true"), "cart: unknown key `isopen` (did you mean `is_open`?)\n");
  EXPECT_EQ(
      complaints("colour: red"),
      "cart: unknown key `colour` (known are load, seed, is_open, owner, stops, doors, pause, pace "
      "or wheels)\n");
  // A key of a list's elements is no key of the section.
  EXPECT_EQ(complaints("wheels_name: x"),
            "cart: unknown key `wheels_name` (did you mean `wheels`?)\n");
  EXPECT_EQ(complaints("wheels: [{nam: x, name: y}]"),
            "cart.wheels[]: unknown key `nam` (did you mean `name`?)\n");
}

TEST(Section, TellsOfEveryFaultInOneRun) {
  Diagnostics diagnostics;
  (void)read(
      "load: 4096\n"
      "laod: 5\n"
      "wheels:\n"
      "  - name: left\n"
      "    spokes: [3]\n"
      "pace: fly\n",
      diagnostics);
  EXPECT_EQ(diagnostics.render(),
            "f.yaml:1:7: error: cart.load: 4096 is out of range\n"
            "  1 | load: 4096\n"
            "    |       ^\n"
            "  hint: give a whole number of packets from 4 to 256\n"
            "f.yaml:2:1: error: cart: unknown key `laod`\n"
            "  2 | laod: 5\n"
            "    | ^\n"
            "  hint: did you mean `load`?\n"
            "f.yaml:5:13: error: cart.wheels[].spokes: a whole number is expected, here is a list\n"
            "  5 |     spokes: [3]\n"
            "    |             ^\n"
            "  hint: give a whole number of spokes from 1 to 255\n"
            "f.yaml:6:7: error: cart.pace: `fly` is not one of its words\n"
            "  6 | pace: fly\n"
            "    |       ^\n"
            "  hint: give walk, trot or gallop\n");
}

TEST(Section, ChecksRulesWhenEachKeyIsWell) {
  Diagnostics diagnostics;
  (void)read("owner: x\nload: 13\n", diagnostics);
  EXPECT_EQ(diagnostics.render(),
            "f.yaml:2:7: error: cart.load is unlucky\n"
            "  2 | load: 13\n"
            "    |       ^\n"
            "  hint: take 12\n");
  EXPECT_EQ(complaints("load: 13\npace: fly"),
            "cart.pace: `fly` is not one of its words (give walk, trot or gallop)\n");
  EXPECT_EQ(complaints("wheels: [{spokes: 3}]"), "cart.wheels[]: a wheel has no name (name it)\n");
}

TEST(Section, SaysWhatIsWrongWithAListOfNumbers) {
  const std::string hint = " (write [1, 9], at most 3 of them)\n";
  const std::string hint_of_one = " (give a whole number from 1 to 9)\n";
  EXPECT_EQ(complaints("doors: []"), "");
  EXPECT_EQ(complaints("doors: 7"), "cart.doors: a list is expected, here is a value" + hint);
  EXPECT_EQ(complaints("doors: [1, 2, 3, 4]"), "cart.doors: 4 are too many" + hint);
  EXPECT_EQ(complaints("doors: [0, 2, x]"), "cart.doors: 0 is out of range" + hint_of_one +
                                                "cart.doors: `x` is no whole number" + hint_of_one);
}

TEST(Section, TellsOfItsKeysInTheirOrder) {
  std::string text;
  const Section<Cart> section = cart_section();
  for (const KeyText& key : section.keys()) {
    text += key.key + '|' + key.type + '|' + key.allowed + '|' + key.unit + '|' +
            key.default_value + '|' + key.help + '\n';
  }
  EXPECT_EQ(text,
            "load|whole number|4 to 256|packets|7|Weight.\n"
            "seed|whole number|0 to 9223372036854775807||0|Any.\n"
            "is_open|yes or no|true or false||true|Whether.\n"
            "owner|text|||\"nobody\"|Whose.\n"
            "stops|list of texts|||[]|Where.\n"
            "doors|list of whole numbers|at most 3, each 1 to 9||[2, 4]|Which.\n"
            "pause|duration|1s to 1min||2s|How long.\n"
            "pace|one of|walk, trot or gallop||walk|How fast.\n"
            "wheels|list of sections|||[]|Its wheels.\n"
            "wheels[].name|text|||\"\"|What it is called.\n"
            "wheels[].spokes|whole number|1 to 255|spokes|8|h\n");
}

TEST(Section, IsAPageAndAFile) {
  Section<Wheel> section("wheel");
  section.text("name", &Wheel::name, "What it is called: a | b.")
      .integer("spokes", &Wheel::spokes, {.min = 1, .max = 9, .unit = "spokes", .help = "Few."});
  const std::vector<SectionText> texts{
      {.name = "wheel", .help = "It turns.", .keys = section.keys()}};
  EXPECT_EQ(to_markdown(texts),
            "## `wheel`\n\nIt turns.\n\n"
            "| key | what | allowed | default | why one would change it |\n|---|---|---|---|---|\n"
            "| `name` | text |  | `\"\"` | What it is called: a \\| b. |\n"
            "| `spokes` | whole number | 1 to 9 spokes | `8` | Few. |\n\n");
  EXPECT_EQ(to_default_yaml(texts),
            "# It turns.\nwheel:\n"
            "  # What it is called: a | b.\n  name: \"\"\n"
            "  # Few. (1 to 9 spokes)\n  spokes: 8\n");
}

struct Quoted {
  std::string path = R"(C:\a "b")";
  std::vector<std::string> ranges{"10.0.0.0/8", "a, b", "\""};
};

TEST(Section, PrintsDefaultsThatReadBackEqual) {
  Section<Quoted> section("quoted");
  section.text("path", &Quoted::path, "p").text_list("ranges", &Quoted::ranges, "r");
  const std::string yaml =
      to_default_yaml({{.name = "quoted", .help = "h", .keys = section.keys()}});
  Diagnostics diagnostics;
  const auto root = parse_yaml(yaml, "f.yaml", diagnostics);
  ASSERT_TRUE(root.has_value()) << yaml << diagnostics.render();
  const Node& node = *root->find("quoted");
  EXPECT_EQ(node.find("path")->scalar, Quoted().path);
  const Quoted back = section.read(node, diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  EXPECT_EQ(node.find("ranges")->elements.size(), 3U);
  EXPECT_EQ(back.ranges, Quoted().ranges);
}

enum class Gait : std::uint8_t { kWalk, kTrot };

struct Axle {
  double width = 1.5;
};

struct Coach {
  double share = 0.25;
  Gait gait = Gait::kTrot;
  Axle axle;
};

Section<Coach> coach_section() {
  Section<Axle> axle("coach.axle");
  axle.real("width", &Axle::width, {.min = 0.5, .max = 3, .unit = "metres", .help = "h"});
  Section<Coach> section("coach");
  section.real("share", &Coach::share, {.min = 0, .max = 1, .unit = "", .help = "h"})
      .choice("gait", &Coach::gait, {{"walk", Gait::kWalk}, {"trot", Gait::kTrot}}, "h")
      .section("axle", &Coach::axle, axle, "h");
  return section;
}

Coach read_coach(std::string_view yaml, Diagnostics& diagnostics) {
  const auto root = parse_yaml(yaml, "f.yaml", diagnostics);
  return coach_section().read(root.value_or(Node{}), diagnostics);
}

TEST(Section, ReadsFractionsWordsAndSectionsWithin) {
  Diagnostics diagnostics;
  const Coach given = read_coach("share: 0.125\ngait: walk\naxle: {width: 2}\n", diagnostics);
  EXPECT_EQ(given.share, 0.125);
  EXPECT_EQ(given.gait, Gait::kWalk);
  EXPECT_EQ(given.axle.width, 2);
  const Coach kept = read_coach("axle: {}\n", diagnostics);
  EXPECT_EQ(kept.share, 0.25);
  EXPECT_EQ(kept.gait, Gait::kTrot);
  EXPECT_EQ(kept.axle.width, 1.5);
  EXPECT_EQ(diagnostics.render(), "");
}

TEST(Section, FractionsAndSectionsWithinAreChecked) {
  Diagnostics diagnostics;
  (void)read_coach("share: 1.25\ngait: fly\naxle: {width: wide, wdth: 1}\n", diagnostics);
  std::string said;
  for (const Diagnostic& each : diagnostics.all()) said += each.message + " (" + each.hint + ")\n";
  EXPECT_EQ(said,
            "coach.share: 1.25 is out of range (give a number from 0 to 1)\n"
            "coach.gait: `fly` is not one of its words (give walk or trot)\n"
            "coach.axle.width: `wide` is no number (give a number of metres from 0.5 to 3)\n"
            "coach.axle: unknown key `wdth` (did you mean `width`?)\n");
  for (const char* text : {"nan", "inf", "1e3", "-0.5", "0.5x", "", "[1]"}) {
    Diagnostics each;
    (void)read_coach(std::string("share: ") + text + "\n", each);
    EXPECT_EQ(each.error_count(), 1U) << text;
  }
}

TEST(Section, TellsOfKeysWithin) {
  const Section<Coach> section = coach_section();
  std::vector<std::string> keys;
  for (const KeyText& each : section.keys()) {
    keys.push_back(each.key + " " + each.default_value);
  }
  EXPECT_EQ(keys,
            (std::vector<std::string>{"share 0.25", "gait trot", "axle {}", "axle.width 1.5"}));
}

TEST(Words, AreJoinedAsInASentence) {
  EXPECT_EQ(to_words({}), "");
  EXPECT_EQ(to_words({"a"}), "a");
  EXPECT_EQ(to_words({"a", "b"}), "a or b");
  EXPECT_EQ(to_words({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace mimir::config

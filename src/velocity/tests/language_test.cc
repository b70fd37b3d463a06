// Templates and what Velocity 1.7 makes of them, by its user guide and reference.
#include <gtest/gtest.h>

#include "velocity/template.h"

namespace cumulet::velocity {
namespace {

struct Case {
    std::string_view source;
    std::string_view rendered;
};

Variables variables() {
    const auto order = parse_json(R"({"id": "o-1", "total": 12.5, "count": 3, "paid": true, "note": null, "empty": "",
        "items": [{"name": "tea", "price": 4}, {"name": "nail", "price": 1}], "tags": ["a", "b", "c"],
        "address": {"city": "Bern", "zip": "3000"}, "quote": "say \"hi\""})");
    Variables made;
    made.emplace("order", from_json(*order));
    made.emplace("name", "Ada");
    made.emplace("foo", "bar");
    made.emplace("yes", true);
    made.emplace("no", false);
    made.emplace("seven", 7);
    made.emplace("half", 0.5);
    return made;
}

std::string rendered(std::string_view source) {
    const auto parsed = Template::parse(source);
    if (!parsed) return "malformed: " + parsed.error();
    auto initial = variables();
    const auto out = parsed->render(initial);
    return out ? *out : "failed: " + out.error();
}

void expect_all(std::span<const Case> cases) {
    for (const auto& [source, expected] : cases) EXPECT_EQ(rendered(source), expected) << source;
}

TEST(Velocity, WritesReferences) {
    static constexpr Case cases[] = {
        {"", ""},
        {"plain text", "plain text"},
        {"Hello $name!", "Hello Ada!"},
        {"Hello ${name}!", "Hello Ada!"},
        {"$!name", "Ada"},
        {"$!{name}", "Ada"},
        {"${name}fication", "Adafication"},
        {"$namefication", ""},
        {"$name-x", ""},
        {"${name}-x", "Ada-x"},
        {"$name.", "Ada."},
        {"$name. Next", "Ada. Next"},
        {"$name,$foo", "Ada,bar"},
        {"$name$foo", "Adabar"},
        {"$", "$"},
        {"$ 5", "$ 5"},
        {"$5.00", "$5.00"},
        {"costs 5$", "costs 5$"},
        {"$$name", "$Ada"},
        {"$!", "$!"},
        {"${}", "${}"},
        {"a $missing b", "a  b"},
        {"$!missing", ""},
        {"${missing.deeper.still}", ""},
        {"$order.id", "o-1"},
        {"${order.id}", "o-1"},
        {"$order.address.city", "Bern"},
        {"$order.address.missing", ""},
        {"$order.note", ""},
        {"[$order.empty]", "[]"},
        {"$order.total", "12.5"},
        {"$order.count", "3"},
        {"$order.paid", "true"},
        {"$order.tags", "[a, b, c]"},
        {"$order.address", "{city=Bern, zip=3000}"},
        {"$order.items", "[{name=tea, price=4}, {name=nail, price=1}]"},
        {"$order.quote", "say \"hi\""},
        {"$order.tags[0]", "a"},
        {"$order.tags[2]", "c"},
        {"$order.tags[3]", ""},
        {"$order.items[1].name", "nail"},
        {"$order['id']", "o-1"},
        {"$order[\"address\"]['zip']", "3000"},
        {"$order.tags[$seven]", ""},
        {"$name[x", "Ada[x"},
        {"$name()", "Ada()"},
        {"user@example.com costs $", "user@example.com costs $"},
    };
    expect_all(cases);
}

TEST(Velocity, CallsMethods) {
    static constexpr Case cases[] = {
        {"$name.length()", "3"},
        {"$name.toUpperCase()", "ADA"},
        {"$name.toLowerCase()", "ada"},
        {"$name.substring(1)", "da"},
        {"$name.substring(0, 2)", "Ad"},
        {"[$name.substring(9)]", "[]"},
        {"$name.charAt(1)", "d"},
        {"$name.indexOf('a')", "2"},
        {"$name.indexOf('z')", "-1"},
        {"$foo.concat('!')", "bar!"},
        {"$foo.contains('a')", "true"},
        {"$foo.startsWith('ba')", "true"},
        {"$foo.endsWith('ba')", "false"},
        {"$foo.equals('bar')", "true"},
        {"$foo.equalsIgnoreCase('BAR')", "true"},
        {"$foo.isEmpty()", "false"},
        {"$order.empty.isEmpty()", "true"},
        {"$foo.replace('a', 'oo')", "boor"},
        {"$foo.replaceAll('[ab]', 'x')", "xxr"},
        {"$foo.replaceFirst('[ab]', 'x')", "xar"},
        {"$foo.replaceAll('(b)(a)', '$2$1')", "abr"},
        {"$foo.replaceAll('(', 'x')", ""},
        {"$foo.matches('b.r')", "true"},
        {"$foo.matches('b')", "false"},
        {"#set($s = ' x ')[$s.trim()]", "[x]"},
        {"#set($parts = 'a,b,,c,,'.split(','))", "malformed: Line 1: ')' is expected."},
        {"#set($s = 'a,b,,c,,')$s.split(',')", "[a, b, , c]"},
        {"#set($s = 'abc')$s.split('')", "[a, b, c]"},
        {"#set($s = 'abc')$s.split(',').size()", "1"},
        {"$order.tags.size()", "3"},
        {"$order.tags.isEmpty()", "false"},
        {"$order.tags.get(1)", "b"},
        {"$order.tags.contains('b')", "true"},
        {"$order.tags.contains('z')", "false"},
        {"$order.tags.indexOf('c')", "2"},
        {"$order.address.keySet()", "[city, zip]"},
        {"$order.address.values()", "[Bern, 3000]"},
        {"$order.address.size()", "2"},
        {"$order.address.containsKey('zip')", "true"},
        {"$order.address.containsKey('street')", "false"},
        {"$order.address.containsValue('Bern')", "true"},
        {"$order.address.get('city')", "Bern"},
        {"$order.address.getOrDefault('street', 'none')", "none"},
        {"#foreach($e in $order.address.entrySet())$e.key:$e.value;#end", "city:Bern;zip:3000;"},
        {"#foreach($e in $order.address.entrySet())$e.getKey()-$e.getValue();#end", "city-Bern;zip-3000;"},
        {"$seven.toString().length()", "1"},
        {"$half.intValue()", "0"},
        {"$name.noSuchMethod()", ""},
        {"$name.length().noSuchMethod()", ""},
        {"$name.toString().toUpperCase().toLowerCase()", "ada"},
        {"$foo.length", ""},
        {"$name.class", ""},
        {"$name.getClass()", ""},
    };
    expect_all(cases);
}

TEST(Velocity, ChangesListsAndMaps) {
    static constexpr Case cases[] = {
        {"#set($l = [])$l.add('x')$l", "true[x]"},
        {"#set($l = ['a'])#set($ignored = $l.add('b'))$l", "[a, b]"},
        {"#set($l = ['a', 'c'])$!l.add(1, 'b')$l", "[a, b, c]"},
        {"#set($l = ['a', 'b'])$l.remove(0)$l", "a[b]"},
        {"#set($l = ['a', 'b'])$l.set(1, 'z')$l", "b[a, z]"},
        {"#set($l = ['a'])$l.addAll(['b', 'c'])$l", "true[a, b, c]"},
        {"#set($l = ['a'])#set($k = $l)#set($i = $k.add('b'))$l", "[a, b]"},
        {"#set($l = ['a', 'b'])#set($l[0] = 'z')$l", "[z, b]"},
        {"#set($m = {})$!m.put('k', 'v')$m", "{k=v}"},
        {"#set($m = {'k': 1})$m.put('k', 2)$m", "1{k=2}"},
        {"#set($m = {'k': 1})$m.remove('k')$m", "1{}"},
        {"#set($m = {'a': 1})$!m.putAll({'b': 2, 'c': 3})$m", "{a=1, b=2, c=3}"},
        {"#set($m = {'a': 1})#set($m.b = 2)$m", "{a=1, b=2}"},
        {"#set($m = {'a': 1})#set($m['a'] = 2)$m", "{a=2}"},
        {"#set($order.id = 'o-2')$order.id", "o-2"},
        {"#set($m = {'x': {'y': 'z'}})$m.x.y", "z"},
        {"#set($m = {$name: $foo})$m", "{Ada=bar}"},
        {"#set($m = {\"a$foo\": 1})$m.abar", "1"},
        {"#set($m = {'k': 1})#set($m.self = $m)$m", "{k=1, self={k=1}}"},
        {"#set($l = [1])#set($ignored = $l.add($l))$l", "[1, [1]]"},
        {"#set($l = [1, 2])#set($ignored = $l.addAll($l))$l", "[1, 2, 1, 2]"},
        {"#set($m = {'inner': {}})#set($ignored = $m.inner.put('k', 'v'))$m", "{inner={k=v}}"},
    };
    expect_all(cases);
}

TEST(Velocity, SetsVariables) {
    static constexpr Case cases[] = {
        {"#set($x = 1)$x", "1"},
        {"#set( $x = 1 )$x", "1"},
        {"#set($x=1)$x", "1"},
        {"#set ($x = 1)$x", "1"},
        {"#{set}($x = 1)$x", "1"},
        {"#set($x = 'a')#set($x = 'b')$x", "b"},
        {"#set($x = $name)$x", "Ada"},
        {"#set($x = \"Hi $name\")$x", "Hi Ada"},
        {"#set($x = 'Hi $name')$x", "Hi $name"},
        {"#set($x = \"a \"\"b\"\"\")$x", "a \"b\""},
        {"#set($x = 'it''s')$x", "it's"},
        {"#set($x = \"#if($yes)y#end\")$x", "y"},
        {"#set($x = true)$x", "true"},
        {"#set($x = -3)$x", "-3"},
        {"#set($x = 1.5)$x", "1.5"},
        {"#set($x = 2.0)$x", "2.0"},
        {"#set($x = 1.0E10)$x", "1.0E10"},
        {"#set($x = 12345678.9)$x", "1.23456789E7"},
        {"#set($x = 0.00012)$x", "1.2E-4"},
        {"#set($x = [1, 'two', $name])$x", "[1, two, Ada]"},
        {"#set($x = [1..4])$x", "[1, 2, 3, 4]"},
        {"#set($x = [3..1])$x", "[3, 2, 1]"},
        {"#set($x = [-1..1])$x", "[-1, 0, 1]"},
        {"#set($x = [])$x", "[]"},
        {"#set($x = {})$x", "{}"},
        {"#set($x = {'a': 1, \"b\": [2]})$x", "{a=1, b=[2]}"},
        {"#set($x = 'kept')#set($x = $missing)$x", "kept"},
        {"a #set($x = 1)b", "ab"},
        {"a\n  #set($x = 1)\nb", "a\nb"},
        {"#set($x = 1)\n\nb", "\nb"},
        {"#set($x = 1)  \nb", "b"},
        {"#set($x = 1)  b", "  b"},
    };
    expect_all(cases);
}

TEST(Velocity, ComputesAndCompares) {
    static constexpr Case cases[] = {
        {"#set($x = 1 + 2)$x", "3"},
        {"#set($x = 7 - 10)$x", "-3"},
        {"#set($x = 6 * 7)$x", "42"},
        {"#set($x = 7 / 2)$x", "3"},
        {"#set($x = 7 % 4)$x", "3"},
        {"#set($x = 7.0 / 2)$x", "3.5"},
        {"#set($x = 1 / 0)[$x]", "[]"},
        {"#set($x = 2 + 3 * 4)$x", "14"},
        {"#set($x = (2 + 3) * 4)$x", "20"},
        {"#set($x = 10 - 2 - 3)$x", "5"},
        {"#set($x = $seven + $half)$x", "7.5"},
        {"#set($x = 'a' + 'b')$x", "ab"},
        {"#set($x = 'a' + 1)$x", "a1"},
        {"#if(9223372036854775807 + 1 > 9000000000000000000)t#{else}f#end", "t"},
        {"#if(1 == 1)t#{else}f#end", "t"},
        {"#if(1 == 1.0)t#{else}f#end", "t"},
        {"#if('a' == \"a\")t#{else}f#end", "t"},
        {"#if('1' == 1)t#{else}f#end", "t"},
        {"#if($foo == 'bar')t#{else}f#end", "t"},
        {"#if($foo != 'bar')t#{else}f#end", "f"},
        {"#if($missing == $alsoMissing)t#{else}f#end", "t"},
        {"#if($missing == '')t#{else}f#end", "f"},
        {"#if(1 < 2)t#{else}f#end", "t"},
        {"#if(2 <= 2)t#{else}f#end", "t"},
        {"#if(3 > 4)t#{else}f#end", "f"},
        {"#if(4 >= 4)t#{else}f#end", "t"},
        {"#if(1 lt 2 && 2 gt 1)t#{else}f#end", "t"},
        {"#if(1 le 1 and 1 ge 1)t#{else}f#end", "t"},
        {"#if(1 eq 1 or 1 ne 1)t#{else}f#end", "t"},
        {"#if('a' < 'b')t#{else}f#end", "f"},
        {"#if($yes && $no)t#{else}f#end", "f"},
        {"#if($yes || $no)t#{else}f#end", "t"},
        {"#if(!$no)t#{else}f#end", "t"},
        {"#if(not $yes)t#{else}f#end", "f"},
        {"#if(!($yes && $no))t#{else}f#end", "t"},
        {"#if($no || $yes && $no)t#{else}f#end", "f"},
        {"#if($order.count == 3 && $order.paid)t#{else}f#end", "t"},
        {"#if($order.tags.size() > 2)t#{else}f#end", "t"},
    };
    expect_all(cases);
}

TEST(Velocity, Chooses) {
    static constexpr Case cases[] = {
        {"#if($yes)a#end", "a"},
        {"#if($no)a#end", ""},
        {"#if($missing)a#{else}b#end", "b"},
        {"#if($order.empty)a#{else}b#end", "a"},
        {"#if(0)a#{else}b#end", "a"},
        {"#if($no)a#elseif($yes)b#{else}c#end", "b"},
        {"#if($no)a#elseif($no)b#{else}c#end", "c"},
        {"#if($no)a#elseif($no)b#elseif($yes)c#end", "c"},
        {"#if($yes)\na\n#else\nb\n#end\nc", "a\nc"},
        {"#if($no)\na\n#else\nb\n#end\nc", "b\nc"},
        {"x#if($yes) a #end y", "x a  y"},
        {"  #if($yes)\n  a\n  #end\n", "    a\n  "},
        {"#if ($yes)a#end", "a"},
        {"#if($yes)#if($no)a#{else}b#end#end", "b"},
        {"#if($yes)a", "malformed: Line 1: '#end' is missing."},
        {"a\n#end", "malformed: Line 2: a directive ends that did not begin."},
        {"#if()a#end", "malformed: Line 1: a value is expected."},
        {"#if($yes a#end", "malformed: Line 1: ')' is expected."},
        {"#if(true)a#end", "a"},
        {"#if(false)a#end", ""},
        {"#ifx", "#ifx"},
        {"#elsewhere", "#elsewhere"},
    };
    expect_all(cases);
}

TEST(Velocity, Loops) {
    static constexpr Case cases[] = {
        {"#foreach($t in $order.tags)$t#end", "abc"},
        {"#foreach( $t in $order.tags )$t,#end", "a,b,c,"},
        {"#foreach($t in $order.tags)$t#if($foreach.hasNext),#end#end", "a,b,c"},
        {"#foreach($t in $order.tags)$foreach.index#end", "012"},
        {"#foreach($t in $order.tags)$foreach.count#end", "123"},
        {"#foreach($t in $order.tags)$velocityCount#end", "123"},
        {"#foreach($t in $order.tags)#if($foreach.first)<#end$t#if($foreach.last)>#end#end", "<abc>"},
        {"#foreach($i in [1..3])$i#end", "123"},
        {"#foreach($v in $order.address)$v;#end", "Bern;3000;"},
        {"#foreach($k in $order.address.keySet())$k=$order.address.get($k);#end", "city=Bern;zip=3000;"},
        {"#foreach($i in $order.items)$i.name:$i.price #end", "tea:4 nail:1 "},
        {"#foreach($x in $missing)a#end", ""},
        {"#foreach($x in [])a#end", ""},
        {"#foreach($x in 'text')a#end", ""},
        {"#foreach($t in $order.tags)$t#break#end", "a"},
        {"#foreach($t in $order.tags)#if($t == 'b')#break#end$t#end", "a"},
        {"#foreach($a in [1,2])#foreach($b in ['x','y'])$a$b #end#end", "1x 1y 2x 2y "},
        {"#foreach($a in [1,2])#foreach($b in [1,2])$foreach.parent.count#end#end", "1122"},
        {"#set($t = 'kept')#foreach($t in [1])$t#end$t", "1kept"},
        {"#foreach($t in [1])#end[$t]", "[]"},
        {"#set($s = 0)#foreach($i in [1..4])#set($s = $s + $i)#end$s", "10"},
        {"#foreach($t in $order.tags)\n$t\n#end\n.", "a\nb\nc\n."},
        {"#foreach($i in [1..1001])#if($foreach.index == 999)x#end#if($foreach.index == 1000)y#end#end", "x"},
        {"#foreach($t of $order.tags)a#end", "malformed: Line 1: 'in' is expected."},
    };
    expect_all(cases);
}

TEST(Velocity, EndsEarly) {
    static constexpr Case cases[] = {
        {"a#stop b", "a"},
        {"#foreach($t in $order.tags)$t#if($t == 'b')#stop#end#end never", "ab"},
        {"#macro(m)x#stop y#end#m()z", "x"},
        {"a#break b", "a"},
    };
    expect_all(cases);
}

TEST(Velocity, ReadsComments) {
    static constexpr Case cases[] = {
        {"a## comment\nb", "ab"},
        {"a\n## comment\nb", "a\nb"},
        {"a## comment", "a"},
        {"a#* many\nlines *#b", "ab"},
        {"a#[[ $name #if ]]#b", "a $name #if b"},
        {"#* open", "malformed: Line 1: '*#' is missing."},
        {"#[[ open", "malformed: Line 1: ']]#' is missing."},
        {"#", "#"},
        {"# title", "# title"},
        {"#fff", "#fff"},
        {"a#b", "a#b"},
    };
    expect_all(cases);
}

TEST(Velocity, Escapes) {
    static constexpr Case cases[] = {
        {"\\$name", "$name"},
        {"\\\\$name", "\\Ada"},
        {"\\\\\\$name", "\\$name"},
        {"\\${name}", "${name}"},
        {"\\$missing", "\\$missing"},
        {"\\#if", "#if"},
        {"\\\\#if($yes)a#end", "\\a"},
        {"\\n", "\\n"},
        {"a\\b", "a\\b"},
        {"\\", "\\"},
        {"\\\\", "\\\\"},
        {"\\$5", "\\$5"},
        {"\\#fff", "\\#fff"},
        {"#set($d = '$')${d}name", "$name"},
        {"#set($h = '#')${h}if", "#if"},
    };
    expect_all(cases);
}

TEST(Velocity, CallsMacros) {
    static constexpr Case cases[] = {
        {"#macro(hi)hello#end#hi()", "hello"},
        {"#macro(hi $who)hello $who#end#hi('you')", "hello you"},
        {"#macro(hi $who)hello $who#end#hi($name)", "hello Ada"},
        {"#macro(both $a $b)${a}-$b#end#both('x' 'y')", "x-y"},
        {"#macro(both $a $b)${a}-$b#end#both('x', 'y')", "x-y"},
        {"#macro(both $a $b)${a}-$b#end#both('x')", "x-"},
        {"#macro(hi $who = 'all')$who#end#hi()", "all"},
        {"#macro( hi )\nhello\n#end\n#hi()\n.", "hello\n."},
        {"#later('x')#macro(later $a)[$a]#end", "[x]"},
        {"#macro(count $n)$n#if($n > 1)#set($m = $n - 1)#count($m)#end#end#count(3)", "321"},
        {"#macro(wrap)<$bodyContent>#end#@wrap()inner $name#end", "<inner Ada>"},
        {"#macro(m $a)#set($a = 'in')$a#end#set($a = 'out')#m('x')$a", "inout"},
        {"#unknown('x')", "failed: The template cannot be rendered: there is no macro #unknown."},
        {"#macro(forever)#forever()#end#forever()",
         "failed: The template cannot be rendered: macros call each other more than 20 deep."},
        {"#hi", "#hi"},
    };
    expect_all(cases);
}

TEST(Velocity, DefinesAndEvaluates) {
    static constexpr Case cases[] = {
        {"#define($b)hi $name#end$b", "hi Ada"},
        {"#define($b)hi $who#end#set($who = 'you')$b", "hi you"},
        {"#define($b)x#end$b$b", "xx"},
        {"#define($b)$b#end$b", "failed: The template cannot be rendered: macros call each other more than 20 deep."},
        {"#evaluate('$name')", "Ada"},
        {"#set($t = '#if($yes)a#end')#evaluate($t)", "a"},
        {"#evaluate('#if')", "failed: The template cannot be rendered: Line 1: '(' is expected."},
        {"#include('file')", "malformed: Line 1: #include has no files to read here."},
        {"#parse('file')", "malformed: Line 1: #parse has no files to read here."},
    };
    expect_all(cases);
}

TEST(Velocity, RefusesWhatWouldNotEnd) {
    const std::string deep = [] {
        std::string source;
        for (int i = 0; i < 200; ++i) source += "#if($yes)";
        return source;
    }();
    EXPECT_EQ(rendered(deep), "malformed: Line 1: it is nested too deeply.");
    EXPECT_EQ(rendered(std::string(200, '(').insert(0, "#if(")), "malformed: Line 1: it is nested too deeply.");
    EXPECT_EQ(rendered("#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])#end#end#end"),
              "failed: The template cannot be rendered: it takes more than 1000000 steps.");
    EXPECT_EQ(rendered("#set($s = 'xxxxxxxxxxxxxxxx')#foreach($i in [1..30])#set($s = \"$s$s\")#end$s"),
              "failed: The template cannot be rendered: it is longer than 10 MiB.");
    const std::string too_deep =
        "failed: The template cannot be rendered: its values nest too deeply, or grow too large.";
    EXPECT_EQ(rendered("#set($m = {})#foreach($i in [1..1000])#set($m = {'k': $m})#end"), too_deep);
    EXPECT_EQ(rendered("#set($m = {})#set($p = $m)#foreach($i in [1..1000])#set($p.k = {})#set($p = $p.k)#end"),
              too_deep);
    EXPECT_EQ(rendered("#set($l = [1])#foreach($i in [1..1000])#set($ignored = $l.addAll($l))#end"), too_deep);
    EXPECT_EQ(rendered("#set($x = [1..10000000])"),
              "failed: The template cannot be rendered: a range is longer than 100000.");
    EXPECT_EQ(rendered(std::string(400 << 10, 'x')), "malformed: The template is longer than 300 KB.");
}

}  // namespace
}  // namespace cumulet::velocity

// The tree of a Velocity template. Only this folder includes it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "velocity/value.h"

namespace cumulet::velocity {

struct Node;
struct Expression;
using Block = std::vector<Node>;

/// One step of a reference: ".name", ".name(arguments)" or "[index]".
struct Access {
    enum class Kind { member, method, index };
    Kind kind = Kind::member;
    std::string name;
    std::vector<Expression> arguments;  ///< of a method; the one index
};

/// "$!{order.items[0].name}".
struct Reference {
    std::string name;
    std::vector<Access> accesses;
    bool quiet = false;
    std::string source;  ///< as it is written, without backslashes before it
};

struct Expression {
    enum class Kind {
        constant,
        interpolated,  ///< a string in double quotes that is a template itself: `block`
        reference,
        list,
        range,
        map,  ///< children are keys and values in turn
        negation,
        conjunction,
        disjunction,
        equal,
        unequal,
        less,
        less_or_equal,
        greater,
        greater_or_equal,
        add,
        subtract,
        multiply,
        divide,
        remainder,
    };
    Kind kind = Kind::constant;
    Value constant;
    Reference reference;
    Block block;
    std::vector<Expression> children;
};

struct Node {
    enum class Kind {
        text,
        reference,
        set,       ///< expressions[0] to the reference
        choice,    ///< blocks[i] if expressions[i] holds; one block more is the #else
        loop,      ///< over expressions[0], each under the reference's name
        leave,     ///< #break
        stop,      ///< #stop
        define,    ///< blocks[0] under the reference's name
        evaluate,  ///< the template that expressions[0] is
        call,      ///< of the macro `text` with `expressions`; blocks[0], if any, is its $bodyContent
    };
    Kind kind = Kind::text;
    std::string text;
    size_t backslashes = 0;  ///< before a reference
    Reference reference;
    std::vector<Expression> expressions;
    std::vector<Block> blocks;
};

struct Macro {
    std::vector<std::string> parameters;
    std::vector<Expression> defaults;  ///< constant null where there is none
    Block body;
};

/// Why a template cannot be read, with the line where.
struct Malformed {
    std::string why;
};

struct Parsed {
    Block block;
    std::unordered_map<std::string, Macro> macros;
};

/// Throws Malformed.
Parsed parse_template(std::string_view text);

}  // namespace cumulet::velocity

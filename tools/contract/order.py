"""The order in which structs are defined, and which members need a Box because a struct contains itself."""


def strong_components(nodes, edges):
    """Tarjan's strongly connected components, those that others need first. `edges(node)` lists what a node needs."""
    index, low, stack, on_stack, components = {}, {}, [], set(), []
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(edges(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            for needed in rest:
                if needed not in index:
                    index[needed] = low[needed] = len(index)
                    stack.append(needed)
                    on_stack.add(needed)
                    work.append((needed, iter(edges(needed))))
                    break
                if needed in on_stack:
                    low[node] = min(low[node], index[needed])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        each = stack.pop()
                        on_stack.discard(each)
                        component.append(each)
                        if each == node:
                            break
                    components.append(component)
    return components


def definition_order(contract):
    """(names of structs in an order that compiles, {(struct, member)} that are held by a Box)."""
    structs = [name for name in contract.shapes if contract.is_structure(name)]

    def held(name):
        """Structs that `name` holds by value."""
        return [member["shape"] for member in contract.shapes[name]["members"].values()
                if contract.is_structure(member["shape"]) and contract.kind(member["shape"]) == "structure"]

    def behind(name):
        """The struct in a list or map, however deep."""
        while "member" in contract.shapes[name] or "value" in contract.shapes[name]:
            shape = contract.shapes[name]
            if shape.get("native"):
                return []
            name = (shape.get("member") or shape["value"])["shape"]
        return [name] if contract.is_structure(name) else []

    def needed(name):
        return [struct for member in contract.shapes[name]["members"].values() for struct in behind(member["shape"])]

    boxed = set()
    for component in strong_components(structs, held):
        inside = set(component)
        for name in component:
            for member_name, member in contract.shapes[name]["members"].items():
                if member["shape"] in inside and (len(inside) > 1 or member["shape"] == name):
                    boxed.add((name, member_name))

    def by_value(name):
        return [member["shape"] for member_name, member in contract.shapes[name]["members"].items()
                if (name, member_name) not in boxed and member["shape"] in held(name)]

    order = []
    for component in strong_components(structs, needed):
        inside = set(component)
        for part in strong_components(component, lambda name: [each for each in by_value(name) if each in inside]):
            order += part
    return order, boxed

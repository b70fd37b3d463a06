// Templates: any bytes parse and evaluate to something or are refused with a TemplateError, within bounds.
#include <cstdint>

#include "services/cloudformation/sam/transform.h"
#include "services/cloudformation/template/error.h"
#include "services/cloudformation/template/evaluate.h"
#include "services/cloudformation/template/parse.h"

using namespace cumulet;
using namespace cumulet::cloudformation;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    try {
        auto document = parse_template({reinterpret_cast<const char*>(bytes), size});
        if (document.contains("Transform")) document = transform_serverless(document, {});
        const auto parsed = read_template(document);
        Scope scope;
        scope.region = "us-east-1";
        scope.foresee = true;
        scope.parameters = parameter_values(parsed, settle_parameters(parsed, {}, {}));
        Evaluator evaluator(parsed, scope);
        for (const auto& resource : parsed.resources) {
            if (evaluator.exists(resource.condition)) evaluator.properties(resource);
        }
        for (const auto& output : parsed.outputs) evaluator.value(output.value);
    } catch (const TemplateError&) {
    }
    return 0;
}

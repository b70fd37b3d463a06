# contracts/<service>/model.json (+ patch.json) -> generated/contracts/<service>.h and <service>.cc

set(CUMULET_GENERATOR ${CMAKE_SOURCE_DIR}/tools/generate_contract)
file(GLOB CUMULET_GENERATOR_PARTS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/contract/*.py)

# cumulet_generate(OUT model folder name): appends the generated .cc to OUT.
function(cumulet_generate out model name)
  set(header ${CMAKE_BINARY_DIR}/generated/contracts/${name}.h)
  set(source ${CMAKE_BINARY_DIR}/generated/contracts/${name}.cc)
  get_filename_component(folder ${model} DIRECTORY)
  set(patch)
  if(EXISTS ${folder}/patch.json)
    set(patch ${folder}/patch.json)
  endif()
  add_custom_command(
    OUTPUT ${header} ${source}
    COMMAND /usr/bin/python3 ${CUMULET_GENERATOR} ${folder} ${CMAKE_BINARY_DIR}/generated/contracts
    DEPENDS ${model} ${patch} ${CUMULET_GENERATOR} ${CUMULET_GENERATOR_PARTS}
    VERBATIM)
  set(${out} ${${out}} ${source} PARENT_SCOPE)
endfunction()

function(cumulet_contracts_layer)
  file(GLOB models CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/contracts/*/model.json)
  set(generated)
  foreach(model ${models})
    get_filename_component(folder ${model} DIRECTORY)
    get_filename_component(name ${folder} NAME)
    string(REPLACE "-" "_" name ${name})
    cumulet_generate(generated ${model} ${name})
  endforeach()
  cumulet_layer(contracts LINK cumulet_runtime)
  target_sources(cumulet_contracts PRIVATE ${generated})
  add_custom_target(cumulet_generated DEPENDS ${generated})
endfunction()

package org.djlquant.zoo.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Parameter;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * An option for each {@link Parameter} of generation: {@code --top-p} for {@code top_p}. Those not given are the
 * model's own defaults.
 */
final class SamplingOptions implements IModelTransformer {

    @Override
    public CommandSpec transform(CommandSpec spec) {
        for (Parameter<?> parameter : Parameter.all()) {
            if (parameter.isData()) {
                spec.addOption(option(parameter));
            }
        }
        return spec;
    }

    private static OptionSpec option(Parameter<?> parameter) {
        boolean flag = parameter.defaultValue() instanceof Boolean;
        OptionSpec.Builder option = OptionSpec.builder("--" + parameter.name().replace('_', '-'))
                .paramLabel(flag ? "true|false" : parameter.isRepeatable() ? "VALUE" : "N")
                .description(sentence(parameter.description()) + " Must be " + parameter.range() + "."
                        + (parameter.isRepeatable() ? " May be given several times." : ""));
        if (flag || parameter == Parameter.LOGPROBS) {
            option.arity("0..1").fallbackValue("true");
        }
        if (parameter.isRepeatable()) {
            option.type(List.class).auxiliaryTypes(String.class);
        } else {
            option.type(String.class);
        }
        return option.build();
    }

    private static String sentence(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1) + ".";
    }

    /** Whether several answers are asked for. */
    static boolean several(Map<String, Object> parameters) {
        return GenerationConfig.DEFAULTS.with(parameters).get(Parameter.N) > 1;
    }

    /** The given options under the names that every interface of the product uses. */
    static Map<String, Object> given(CommandSpec spec) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (Parameter<?> parameter : Parameter.all()) {
            OptionSpec option = spec.findOption("--" + parameter.name().replace('_', '-'));
            if (option != null && option.getValue() != null) {
                Object value = option.getValue();
                map.put(parameter.name(), value);
            }
        }
        return map;
    }
}

package org.djlquant.zoo.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.TensorInfo;
import org.djlquant.model.ModelOutline;
import org.djlquant.model.Models;
import org.djlquant.runtime.MemoryPlan;
import org.djlquant.translate.TextGeneration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what a checkpoint is and what it would need, without loading its weights. */
@Command(
        name = "inspect",
        description = "Show metadata, tensors, bits per weight, memory plan, template and kernels; loads no weights.")
final class InspectCommand implements Callable<Integer> {

    @Parameters(paramLabel = "MODEL", description = ModelReference.HELP)
    private String model;

    @Option(names = "--max-model-len", defaultValue = "0", description = "Plan memory for this context; default: as trained.")
    private int maxModelLen;

    @Option(names = "--activations", paramLabel = "TYPE", defaultValue = "float32", description = ModelReference.ACTIVATIONS)
    private String activations;

    @Override
    public Integer call() {
        try (Checkpoint checkpoint = Checkpoints.open(ModelReference.file(model))) {
            System.out.println("file          " + checkpoint.path());
            System.out.println("recognised    " + checkpoint.recognised());
            System.out.println("naming        " + checkpoint.naming().name().toLowerCase(Locale.ROOT));
            ModelOutline outline = Models.outline(
                    checkpoint, ModelReference.options(null, activations).withMaxModelLen(maxModelLen));
            System.out.println("architecture  " + outline.architecture());
            weights(checkpoint, outline.parameters());
            System.out.println("matrices      " + counts(outline.schemes()));
            System.out.println("run as        " + counts(outline.layouts()));
            System.out.println("kernels       " + outline.kernels());
            System.out.println("memory plan   " + outline.plan());
            System.out.println("\nmetadata");
            checkpoint.metadata().keys().forEach(
                    key -> System.out.printf("  %-44s %s%n", key, checkpoint.metadata().display(key)));
            System.out.println("\ntensors");
            checkpoint.tensors().values().forEach(InspectCommand::tensor);
            Map<String, String> templates = TextGeneration.chatTemplates(checkpoint);
            System.out.println(templates.isEmpty() ? "\nno chat template" : "");
            templates.forEach((name, source) -> System.out.print("chat template " + name + "\n" + source.indent(2)));
        }
        return 0;
    }

    /** One line of totals, and one per stored type. */
    private static void weights(Checkpoint checkpoint, long parameters) {
        Map<String, long[]> byType = new LinkedHashMap<>();
        for (TensorInfo tensor : checkpoint.tensors().values()) {
            long[] sums = byType.computeIfAbsent(tensor.type(), type -> new long[3]);
            sums[0]++;
            sums[1] += tensor.elements();
            sums[2] += tensor.byteSize();
        }
        long bytes = byType.values().stream().mapToLong(s -> s[2]).sum();
        System.out.printf(
                Locale.ROOT, "weights       %,d in %s, %.3f bits per weight%n", parameters, MemoryPlan.size(bytes), 8.0 * bytes / parameters);
        byType.forEach((type, sums) -> System.out.printf(
                Locale.ROOT, "              %-8s %4d tensors %,15d elements %10s%n", type, sums[0], sums[1], MemoryPlan.size(sums[2])));
    }

    private static String counts(Map<String, Integer> matrices) {
        return matrices.entrySet().stream()
                .map(each -> each.getValue() + " x " + each.getKey())
                .collect(Collectors.joining(", "));
    }

    private static void tensor(TensorInfo tensor) {
        System.out.printf(
                Locale.ROOT,
                "  %-44s %-8s %-16s %10s at %d%n",
                tensor.name(), tensor.type(), Arrays.toString(tensor.shape()), MemoryPlan.size(tensor.byteSize()), tensor.offset());
    }
}

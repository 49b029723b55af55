package org.djlquant.zoo.cli;

import java.util.concurrent.Callable;
import org.djlquant.runtime.MemoryPlan;
import org.djlquant.zoo.QuantModelZoo;
import picocli.CommandLine.Command;

/** Lists the names of the zoo. */
@Command(name = "models", description = "List the models of the zoo and what each needs.")
final class ModelsCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        QuantModelZoo.entries().forEach(entry -> System.out.printf(
                "%-22s %-18s %10s  %s%n",
                entry.name(),
                entry.format(),
                entry.embedded() ? "embedded" : MemoryPlan.size(entry.bytes()),
                entry.embedded() ? "ready, needs no network" : "fetched from hf://" + entry.hub()));
        return 0;
    }
}

# ReAct (ECCV 2022): from recordings to measured temporal action detectors. What can be asked for:
#
#   snakemake --cores 8 all                              everything of the data set in params.yaml: metrics, pictures, the
#                                                        paper's tables and figures, the presets, the error analysis
#   snakemake --cores 8 all --config dataset=hapt        the same for another data set
#   snakemake --cores 8 evaluate figures                 `variants` only, without the studies (or up to a step: fetch, features,
#                                                        windows, train, detect, suppress)
#   snakemake --cores 8 all --config folds=true          the same over the folds of the data set, each recording tested once
#                                                        (docs/folds.md); `folds` in its block of params.yaml says how it is cut
#   snakemake --cores 8 new                              detections in recordings of subset new, of which own data may have some
#   snakemake --cores 8 table3                           one study: table3, table4, figure4, figure5, figureS3, presets, diagnosis,
#                                                        or the name of any other in params.yaml
#   snakemake --cores 8 on_request                       studies that are not among the others
#   snakemake --cores 8 table1 table2                    the rows that the paper prints for other methods, and ours
#   snakemake --cores 8 pretrained --config dataset=thumos14     the authors' weights: detects with them, prints what they reach
#                                                        under every ground-truth profile beside the authors' numbers
#   snakemake --report report.html all                   one page of everything
#   snakemake --cores 2 all --config device=cuda         networks on the GPU
#   snakemake --cores 8 all --config overrides="{train.epochs: 1, model.raid.gamma: 0.3}"      a try, not recorded in dvc.lock
from snakemake.utils import min_version

min_version("9.27.1")


include: "workflow/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/detect.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/pretrained.smk"


if folds.there:

    include: "workflow/rules/folds.smk"


wildcard_constraints:
    dataset=folds.pattern,
    split=one_of(variants.splits),
    variant=one_of(experiment.variants),
    seed=r"\d+",
    table=one_of(studies.tables),
    sweep=one_of(studies.sweeps),


localrules:
    all,
    fetch,
    features,
    windows,
    data,
    train,
    detect,
    suppress,
    new,
    evaluate,
    figures,
    studies,
    table1,
    table2,
    table3,
    table4,
    figure4,
    figure5,
    figureS3,
    presets,
    diagnosis,
    on_request,
    pretrained,


# Every file that belongs to a stage of dvc.yaml stands in the input of its target, so that one that is gone is made anew
# though what was made of it is there.
rule all:
    default_target: True
    input:
        rules.windows.input,
        rules.fetch.input,
        rules.features.input,
        rules.train.input,
        rules.detect.input,
        rules.suppress.input,
        rules.evaluate.input,
        rules.figures.input,
        rules.studies.input,
        rules.new.input if variants.new else [],


if workflow.is_main_process:
    records.prepare(records.made_by(workflow.rules))


# Snakemake's limit of 100 jobs a second, which is its default, makes it look again at all that is ready a second after each
# look, and once more for every job that ended: in the end it does nothing else. A limit that was asked for stays.
onstart:
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


onsuccess:
    records.after_success(
        records.made_by(workflow.rules), comparable=asked.as_in_params_yaml(config)
    )


onerror:
    records.after_failure()
